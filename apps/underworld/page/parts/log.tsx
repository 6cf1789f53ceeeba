/** The conversation of a place: stops on a vertical line, one for each turn of somebody's talk. */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Card, Message } from '../../shared/wire.js';
import { seen, shown } from '../state/places.js';
import type { Pending, Place } from '../state/state.js';
import { useChat } from './context.js';
import { Icon } from './icons.js';
import { PictureView } from './picture.js';
import { Text } from './text.js';

/** A turn: what one person said without a break. */
interface Turn {
  readonly from: Card;
  readonly isNew: boolean;
  readonly messages: readonly Message[];
}

/** The log of a place. It keeps to the newest message unless the reader has gone back to read. */
export function Log({ place, label, isOver }: { place: Place; label: string; isOver: boolean }) {
  const { state, words, session, actions } = useChat();
  const { store } = session;
  const box = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const [isBack, setBack] = useState(false);
  const isYou = (card: Card | undefined): boolean => card !== undefined && card.id === state.you?.id;
  const isLive = useSettled(place.isEntered);

  const toEnd = (): void => {
    const node = box.current;
    if (node) node.scrollTop = node.scrollHeight;
  };
  const see = (): void => {
    if (isAtEnd.current && document.visibilityState === 'visible') store.take(seen(place.id));
  };
  useLayoutEffect(() => {
    store.take(shown(place.id));
    isAtEnd.current = true;
    toEnd();
  }, [place.id]);
  useLayoutEffect(() => {
    const last = place.pending.at(-1);
    // One's own words bring the reader back to the newest.
    if (last && last.status !== 'failed' && !isAtEnd.current && last.key !== lastOwn.current) isAtEnd.current = true;
    lastOwn.current = last?.key ?? lastOwn.current;
    if (isAtEnd.current) toEnd();
    see();
  });
  const lastOwn = useRef('');
  useEffect(() => {
    document.addEventListener('visibilitychange', see);
    const resized = new ResizeObserver(() => isAtEnd.current && toEnd());
    if (box.current?.firstElementChild) resized.observe(box.current.firstElementChild);
    return () => {
      document.removeEventListener('visibilitychange', see);
      resized.disconnect();
    };
  }, [place.id]);
  const onScroll = (): void => {
    const node = box.current;
    if (!node) return;
    isAtEnd.current = node.scrollHeight - node.scrollTop - node.clientHeight < 48;
    setBack(!isAtEnd.current);
    see();
  };

  const { messages, newFrom } = place;
  const turns = useMemo(
    () =>
      turnsOf(
        messages.filter((message) => !state.muted[message.from.id]),
        newFrom,
      ),
    [messages, newFrom, state.muted],
  );
  const language = state.settings.language;
  // The same nodes for the same turns, so that a typing mark does not draw a hundred messages anew.
  const drawn = useMemo(
    () =>
      turns.map((turn) => <TurnView key={turn.messages[0]?.seq} turn={turn} place={place} isYou={isYou(turn.from)} />),
    [turns, language, state.you, place.isRide],
  );
  return (
    <div class="log-frame">
      <div
        class="log"
        ref={box}
        onScroll={onScroll}
        role="log"
        aria-label={label}
        aria-live={isLive ? 'polite' : 'off'}
        aria-relevant="additions"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard.
        tabIndex={0}
      >
        <div class="log-inner">
          {place.hasGap && <p class="log-note">{words.gap}</p>}
          {!place.isEntered && messages.length === 0 && state.link === 'online' && (
            <p class="log-note">{words.entering}</p>
          )}
          {place.isEntered && !isOver && messages.length === 0 && place.pending.length === 0 && (
            <div class="log-empty">
              <p>{words.empty}</p>
              <p>{words.emptyNote}</p>
            </div>
          )}
          {drawn}
          {place.pending.length > 0 && <OwnPending place={place} isFollowing={isYou(turns.at(-1)?.from)} />}
        </div>
      </div>
      {isBack && (
        <button
          type="button"
          class="to-newest"
          onClick={() => {
            isAtEnd.current = true;
            toEnd();
            actions.session.store.take(seen(place.id));
          }}
        >
          <Icon name="down" />
          {words.toNewest}
        </button>
      )}
    </div>
  );
}

function TurnView({ turn, place, isYou }: { turn: Turn; place: Place; isYou: boolean }) {
  const { words, actions, name } = useChat();
  const { from, messages, isNew } = turn;
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
              {name(from)} <span class="turn-you">{words.you}</span>
            </span>
          ) : (
            <button
              type="button"
              class="turn-name"
              aria-label={words.options(name(from))}
              onClick={() => actions.dialog({ type: 'person', card: from, place: place.id })}
            >
              {name(from)}
            </button>
          )}
          {first && <time dateTime={new Date(first.at).toISOString()}>{words.time(first.at)}</time>}
        </p>
        {messages.map((message) => (
          <div class="message" key={message.seq}>
            {message.text && <Text text={message.text} />}
            {message.picture && (
              <PictureView picture={message.picture} place={place.id} isCovered={place.isRide && !isYou} />
            )}
          </div>
        ))}
      </div>
    </>
  );
}

function OwnPending({ place, isFollowing }: { place: Place; isFollowing: boolean }) {
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
  const { key, text, picture, status, problem } = pending;
  const percent = words.percent(picture?.sent ?? 0);
  const waiting = state.link === 'online' ? words.sending : words.waiting;
  return (
    <div class={`message message-${status}`}>
      {text && <Text text={text} />}
      {picture && (
        <div
          class="picture"
          style={{ '--ratio': `${picture.width} / ${picture.height}`, '--width': `${Math.min(picture.width, 420)}px` }}
        >
          <img
            src={picture.url}
            alt={picture.alt || words.pictureUnnamed}
            width={picture.width}
            height={picture.height}
          />
          {status !== 'failed' && <progress max={100} value={percent} aria-label={words.pictureSending(percent)} />}
        </div>
      )}
      <p class="message-status">
        {status === 'failed' ? `${words.failed}. ${words.problems[problem ?? ''] ?? ''}` : waiting}
        {status === 'failed' && problem !== 'gone' && (
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

/** True a moment after something became true: what is there on entry is not read out, what comes after is. */
function useSettled(isTrue: boolean): boolean {
  const [isSettled, setSettled] = useState(false);
  useEffect(() => {
    if (!isTrue || isSettled) return undefined;
    const timer = setTimeout(() => setSettled(true), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [isTrue]);
  return isSettled;
}

/** Joins messages of one person that follow each other closely. */
export function turnsOf(messages: readonly Message[], newFrom: number): readonly Turn[] {
  const turns: { from: Card; isNew: boolean; messages: Message[] }[] = [];
  for (const message of messages) {
    const last = turns.at(-1);
    const before = last?.messages.at(-1);
    const isNew = newFrom > 0 && message.seq >= newFrom && (before?.seq ?? 0) < newFrom;
    const isSame = before?.from.id === message.from.id && before.from.name.join() === message.from.name.join();
    if (last && before && isSame && !isNew && message.at - before.at < TURN_MS) last.messages.push(message);
    else turns.push({ from: message.from, isNew, messages: [message] });
  }
  return turns;
}

const TURN_MS = 3 * 60_000;
const SETTLE_MS = 500;
