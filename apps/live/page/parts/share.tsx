/** A text with a button that copies it. */

import { Icon } from 'naru-apps-kit/page/icons.js';
import { useState } from 'preact/hooks';
import { useLive } from './context.js';

/** The link to a broadcast. */
export function Share({ id }: { id: string }) {
  const { words } = useLive();
  return <Copied label={words.link} text={`${location.origin}/#/watch/${id}`} />;
}

/** Copies a link to a moment of the broadcast, for something that has just happened. */
export function Moment({ id }: { id: string }) {
  const { words, session } = useLive();
  const copy = async (): Promise<void> => {
    const { rewoundMs = 0 } = session.store.state.watching ?? {};
    const at = Math.round(session.clock.now - rewoundMs - MOMENT_MS);
    const link = `${location.origin}/#/watch/${id}/${at}`;
    // Without a secure context the browser refuses, so the link is shown.
    const text = await navigator.clipboard.writeText(link).then(
      () => words.momentDone,
      () => link,
    );
    session.announce(text, true);
  };
  return (
    <button
      type="button"
      class="round moment"
      aria-label={words.moment}
      title={words.moment}
      onClick={() => void copy()}
    >
      <Icon name="copy" />
    </button>
  );
}

/** A text that can be copied. */
export function Copied({ label, text, isCommand = false }: { label: string; text: string; isCommand?: boolean }) {
  const { words } = useLive();
  const [isDone, setDone] = useState(false);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setDone(true);
      setTimeout(() => setDone(false), DONE_MS);
    } catch {
      // Without a secure context the browser refuses. The text can still be selected.
      setDone(false);
    }
  };
  return (
    <div class="copied">
      <span class="copied-label">{label}</span>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard has to reach it. */}
      <code class={isCommand ? 'copied-text command' : 'copied-text'} tabIndex={0}>
        {text}
      </code>
      <button type="button" class="pill" onClick={() => void copy()} aria-label={`${words.copy}: ${label}`}>
        <Icon name="copy" />
        <span aria-live="polite">{isDone ? words.copiedDone : words.copy}</span>
      </button>
    </div>
  );
}

const DONE_MS = 2_000;

/** How long ago the moment of a link is, in milliseconds. */
const MOMENT_MS = 30_000;
