/** The reactions to a message. */

import { Icon } from 'naru-apps-kit/page/icons.js';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Card, Message, Reaction, ReactionKind } from '../../../shared/protocol.js';
import { refOf } from '../../../shared/refs.js';
import type { Actions } from '../../connection/actions.js';
import { tallyOf } from '../../state/reactions.js';
import type { Words } from '../../words/language.js';

/** The properties of all messages of a place. */
export interface ReactionParts {
  readonly place: string;
  readonly you: string | undefined;
  readonly muted: Readonly<Record<string, Card>>;
  readonly words: Words;
  readonly actions: Actions;
}

/** The reactions to a message with their counts, and the button that shows all kinds. A press adds or takes back. */
export function Reactions({ to, all, parts }: { to: Message; all: readonly Reaction[]; parts: ReactionParts }) {
  const { place, you, muted, words, actions } = parts;
  const [isOpen, setOpen] = useState(false);
  const row = useRef<HTMLFieldSetElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const shown = tallyOf(all, you, muted).filter(({ count }) => isOpen || count > 0);
  // A layout effect, because the focus would be lost until the browser draws.
  useLayoutEffect(() => {
    if (!isOpen) return;
    row.current?.scrollIntoView({ block: 'nearest' });
    row.current?.querySelector('button')?.focus({ preventScroll: true });
  }, [isOpen]);
  const press = (button: HTMLElement, kind: ReactionKind, on: boolean): void => {
    const hasFocus = row.current?.contains(document.activeElement) === true;
    actions.session.outbox.react(place, { to: refOf(to), kind, on });
    // The row closes in the same drawing as the count changes. That moves or removes the button, and the focus with it.
    queueMicrotask(() => {
      setOpen(false);
      if (hasFocus) queueMicrotask(() => (button.isConnected ? button : opener.current)?.focus());
    });
  };
  return (
    <>
      {shown.length > 0 && (
        // Off, because the log around it would read every count aloud. The session announces reactions in one phrase.
        <fieldset
          ref={row}
          class="reactions"
          aria-label={words.reactions}
          aria-live="off"
          onKeyDown={({ key }) => key === 'Escape' && opener.current?.focus()}
          // Safari takes the focus from a button that is pressed, which would close the row before the press counts.
          onMouseDown={(event) => event.preventDefault()}
          onFocusOut={({ currentTarget, relatedTarget }) => {
            if (!(relatedTarget instanceof Node && currentTarget.contains(relatedTarget))) setOpen(false);
          }}
        >
          {shown.map(({ kind, count, isOwn }) => (
            <button
              key={kind}
              type="button"
              class={`pill reaction hue-${HUES[kind]}`}
              aria-pressed={isOwn}
              aria-label={words.reactionCount(words.reactionKinds[kind], count)}
              title={words.reactionKinds[kind]}
              onClick={({ currentTarget }) => press(currentTarget, kind, !isOwn)}
            >
              <Icon name={kind} />
              {count > 0 && count}
            </button>
          ))}
        </fieldset>
      )}
      <button
        type="button"
        ref={opener}
        class="round message-react"
        title={words.react}
        aria-label={words.react}
        aria-expanded={isOpen}
        onMouseDown={(event) => event.preventDefault()}
        onClick={() => setOpen(!isOpen)}
      >
        <Icon name="smile" />
      </button>
    </>
  );
}

const HUES: Readonly<Record<ReactionKind, number>> = { heart: 3, thumb: 8, laugh: 0, wow: 5, sad: 7, fire: 1 };
