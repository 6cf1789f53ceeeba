/** The frame of every dialog. It is the browser's own element, which keeps the focus inside and restores it. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { usePage } from './context.js';
import { Icon } from './icons.js';

/** A dialog. Escape, the close button and a click outside close it. */
export function Modal({
  title,
  kind,
  children,
}: {
  title: string;
  kind?: 'wide' | 'roomy';
  children: ComponentChildren;
}) {
  const { words, actions } = usePage();
  const node = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    node.current?.showModal();
    return () => {
      // A dialog that closes restores the focus itself, and the page may have moved it since. One that is removed while
      // open loses it.
      const isLost = document.activeElement === document.body;
      if (isLost && before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape does by keyboard what a press on the backdrop does by pointer.
    <dialog
      ref={node}
      class={kind}
      aria-labelledby="dialog-title"
      onClose={() => actions.dialog(undefined)}
      onClick={(event) => {
        if (event.target === node.current) node.current?.close();
      }}
    >
      <div class="dialog-inner">
        <header class="dialog-head">
          <h2 id="dialog-title">{title}</h2>
          <button
            type="button"
            class="round round-small"
            aria-label={words.close}
            onClick={() => node.current?.close()}
          >
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
