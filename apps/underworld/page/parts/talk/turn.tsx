/** A turn of the conversation, and your own unsent messages. */

import { Icon } from 'naru-apps-kit/page/icons.js';
import { nameOf } from 'naru-apps-kit/shared/naming.js';
import type { Language } from 'naru-apps-kit/shared/words.js';
import type { Card, Message, Reaction } from '../../../shared/protocol.js';
import type { Pending, Place } from '../../state/state.js';
import { ClientMark } from '../client-mark.js';
import { useChat } from '../context.js';
import { PictureView } from './picture.js';
import { Quote } from './quote.js';
import { type ReactionParts, Reactions } from './reactions.js';
import { Text } from './text.js';

/** The messages of one person without a break. */
export interface Turn {
  readonly from: Card;
  readonly isNew: boolean;
  readonly messages: readonly Message[];
}

/** The properties of a turn. It does not read the state, so it is redrawn only when one of these changes. */
export interface TurnParts extends ReactionParts {
  readonly turn: Turn;
  /** The reactions to each of its messages. */
  readonly reactions: readonly (readonly Reaction[])[];
  readonly isRide: boolean;
  readonly isYou: boolean;
  /** Whether it is your own, the newest of all, and confirmed. */
  readonly isSent: boolean;
  readonly language: Language;
}

/** A turn. */
export function TurnView(parts: TurnParts) {
  const { turn, place, isRide, isYou, isSent, words, language, actions } = parts;
  const { from, messages, isNew } = turn;
  const name = nameOf(from, language);
  const first = messages[0];
  return (
    <>
      {isNew && (
        <p class="log-new">
          <span>{words.newFrom}</span>
        </p>
      )}
      <div class={`turn hue-${from.hue} ${isYou ? 'turn-own' : ''}`}>
        <p class="turn-head">
          {isYou ? (
            <span class="turn-name">
              {name} <span class="turn-you">{words.you}</span>
            </span>
          ) : (
            <button
              type="button"
              class="turn-name"
              aria-label={words.options(name)}
              onClick={() => actions.dialog({ type: 'person', card: from, place })}
            >
              {name}
            </button>
          )}
          <ClientMark client={from.client} words={words} isLabelled={from.client !== 'web'} />
          {first && <time dateTime={new Date(first.at).toISOString()}>{words.time(first.at)}</time>}
        </p>
        {messages.map((message, index) => (
          <div class="message" key={message.key} data-key={message.key}>
            {message.to && <Quote place={place} to={message.to} />}
            {message.text && <Text text={message.text} words={words} />}
            {message.picture && <PictureView picture={message.picture} place={place} isCovered={isRide && !isYou} />}
            <Reactions to={message} all={parts.reactions[index] ?? []} parts={parts} />
            <button
              type="button"
              class="round message-answer"
              title={words.answer}
              aria-label={words.answer}
              onClick={() => actions.answer(place, message)}
            >
              <Icon name="reply" />
            </button>
          </div>
        ))}
        {isSent && (
          <p class="message-status message-sent">
            <Icon name="check" />
            {words.sent}
          </p>
        )}
      </div>
    </>
  );
}

/** Your own unconfirmed messages. */
export function OwnPending({ place, isFollowing }: { place: Place; isFollowing: boolean }) {
  const { state, words, name } = useChat();
  const { you } = state;
  return (
    <div class={`turn turn-own turn-pending hue-${you?.hue ?? 0} ${isFollowing ? 'turn-following' : ''}`}>
      <p class={isFollowing ? 'visually-hidden' : 'turn-head'}>
        <span class="turn-name">
          {you ? name(you) : ''} <span class="turn-you">{words.you}</span>
        </span>
      </p>
      {place.pending.map((pending) => (
        <PendingView key={pending.key} pending={pending} place={place} />
      ))}
    </div>
  );
}

function PendingView({ pending, place }: { pending: Pending; place: Place }) {
  const { state, words, session } = useChat();
  const { key, text, picture, status, problem, to } = pending;
  const percent = words.percent(picture?.sent ?? 0);
  const part = picture && picture.sent > 0 ? words.pictureSent(percent) : '';
  const waiting = state.link === 'online' ? part || words.sending : [part, words.waiting].filter(Boolean).join(' · ');
  return (
    <div class={`message message-${status}`}>
      {to && <Quote place={place.id} to={to} />}
      {text && <Text text={text} words={words} />}
      {picture && (
        <div
          class="picture"
          style={{ '--ratio': `${picture.width} / ${picture.height}`, '--width': `${Math.min(picture.width, 420)}px` }}
        >
          {picture.url && (
            <img
              src={picture.url}
              alt={picture.alt || words.pictureUnnamed}
              width={picture.width}
              height={picture.height}
            />
          )}
          {status !== 'failed' && <progress max={100} value={percent} aria-label={words.pictureSending(percent)} />}
        </div>
      )}
      <p class={`message-status ${picture ? 'message-status-picture' : ''}`}>
        {status === 'failed' ? `${words.failed}. ${words.problems[problem ?? ''] ?? ''}` : waiting}
        {status === 'failed' && problem !== 'gone' && problem !== 'lost' && (
          <button type="button" class="link" onClick={() => session.outbox.retry(place.id, key)}>
            {words.retry}
          </button>
        )}
        {(status === 'failed' || picture || state.link !== 'online') && (
          <button type="button" class="link" onClick={() => session.outbox.discard(place.id, key)}>
            {words.discard}
          </button>
        )}
      </p>
    </div>
  );
}
