/** The chat beside a picture. */

import { Icon } from 'naru-apps-kit/page/icons.js';
import { countOf, isBlank } from 'naru-apps-kit/shared/clean.js';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { LIMITS } from '../../shared/limits.js';
import { nameOfMessage } from '../state/state.js';
import { useLive } from './context.js';

interface TalkParts {
  readonly id: string;
  readonly isOpen: boolean;
  /** Whether the chat has ended, which takes its field away. */
  readonly isOver?: boolean;
  readonly beside?: ComponentChildren;
}

/** The chat of a broadcast. */
export function Talk({ id, isOpen, isOver = false, beside }: TalkParts) {
  const { state, words, session, name } = useLive();
  const list = useRef<HTMLDivElement>(null);
  /** The height of the list before its newest message. */
  const height = useRef(0);
  const messages = (state.talks[id] ?? []).filter(({ from }) => !state.hidden[from.id]);
  useEffect(() => {
    const node = list.current;
    // An empty chat needs no place, and reading one lays out the page before its first picture.
    if (!node || messages.length === 0) return;
    // Somebody who reads further up stays there.
    const isNear = height.current - node.scrollTop - node.clientHeight < NEAR_PX;
    height.current = node.scrollHeight;
    if (isNear || messages.at(-1)?.from.id === state.you?.id) node.scrollTop = node.scrollHeight;
  }, [messages.length]);
  return (
    <section class="talk" aria-label={words.talk}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard has to reach it. */}
      <div class="log" ref={list} role="log" aria-label={words.talk} tabIndex={0}>
        {messages.length === 0 && <p class="empty">{words.talkEmpty}</p>}
        <ul>
          {messages.map((message) => {
            const { from, at, text } = message;
            const isOwn = from.id === state.you?.id;
            return (
              <li key={nameOfMessage(message)} class={`said hue-${from.hue}`}>
                {isOwn ? (
                  <span class="said-name">{name(from)}</span>
                ) : (
                  <button
                    type="button"
                    class="said-name"
                    aria-label={words.options(name(from))}
                    onClick={() => session.dialog({ type: 'person', card: from, id })}
                  >
                    {name(from)}
                  </button>
                )}
                <time dateTime={new Date(at).toISOString()}>{words.time(at)}</time>{' '}
                <span class="said-text">{text}</span>
              </li>
            );
          })}
        </ul>
      </div>
      {!isOver && (
        <div class="talk-foot">
          <Composer id={id} isOpen={isOpen} />
          {beside}
        </div>
      )}
    </section>
  );
}

function Composer({ id, isOpen }: { id: string; isOpen: boolean }) {
  const { state, words, session } = useLive();
  const [text, setText] = useState('');
  const mutedMs = state.mutedUntil - Date.now();
  const isReady = isOpen && state.link === 'online' && mutedMs <= 0;
  const canSend = isReady && !isBlank(text) && countOf(text) <= LIMITS.textMax;
  const send = async (): Promise<void> => {
    if (!canSend) return;
    // The next message can be typed and sent while the server has not answered yet.
    setText('');
    if (!(await session.say(id, text))) setText((typed) => (typed ? `${text} ${typed}` : text));
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <input
        id="write"
        type="text"
        value={text}
        autocomplete="off"
        enterkeyhint="send"
        maxLength={LIMITS.textMax * 2}
        readOnly={!isReady}
        placeholder={mutedMs > 0 ? words.silenced(mutedMs) : words.write}
        aria-label={words.write}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit" class="round round-send" aria-disabled={!canSend} aria-label={words.send}>
        <Icon name="send" />
      </button>
    </form>
  );
}

const NEAR_PX = 80;
