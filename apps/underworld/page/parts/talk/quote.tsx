/** The message that another one answers: above the answer, and above the field while you write it. */

import { Icon } from 'naru-apps-kit/page/icons.js';
import { useMemo } from 'preact/hooks';
import type { Message, MessageRef } from '../../../shared/protocol.js';
import type { Words } from '../../words/language.js';
import { useChat } from '../context.js';

/** The message that another one answers, in one line. It leads there if the page holds it. */
export function Quote({ place, to }: { place: string; to: MessageRef }) {
  const { state, words, name } = useChat();
  const messages = state.places[place]?.messages;
  const found = useMemo(() => messages?.find(({ from, key }) => from.id === to.from && key === to.key), [messages, to]);
  if (!found || state.muted[to.from]) return <p class="quote quote-gone">{words.answeredGone}</p>;
  return (
    <button type="button" class={`quote hue-${found.from.hue}`} onClick={() => show(to.key)}>
      <span class="quote-name">{name(found.from)}</span> <span>{excerptOf(found, words)}</span>
    </button>
  );
}

/** The message that the draft of a place answers, with a button to take that back. */
export function Answered({ place }: { place: string }) {
  const { state, words, actions, name } = useChat();
  const message = state.answered[place];
  if (!message) return null;
  return (
    <div class={`answered hue-${message.from.hue}`}>
      <p class="quote">
        <span class="quote-name">{words.answering(name(message.from))}</span> <span>{excerptOf(message, words)}</span>
      </p>
      <button
        type="button"
        class="round round-small"
        aria-label={words.answerCancel}
        title={words.answerCancel}
        onClick={() => actions.answer(place)}
      >
        <Icon name="close" />
      </button>
    </div>
  );
}

function excerptOf({ text, picture }: Message, words: Words): string {
  return [...text].slice(0, EXCERPT_MAX).join('') || picture?.alt || words.picture;
}

/** Scrolls to a message, and colours it for a moment. */
function show(key: string): void {
  const node = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  node?.scrollIntoView({ block: 'center' });
  node?.animate({ backgroundColor: ['color-mix(in oklab, var(--accent) 35%, transparent)', 'transparent'] }, SHOWN_MS);
}

const EXCERPT_MAX = 160;
const SHOWN_MS = 1_500;
