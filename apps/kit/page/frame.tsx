/** The frame of every page: the link that skips the bar, the bar and the screen, the announcements, and the dialog. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type Page, PageContext, usePage } from './context.js';
import type { Notice } from './state.js';

interface FrameParts {
  readonly page: Page;
  /** The ids of the elements that the skip link leads to. The first one that exists counts. */
  readonly skipTo?: readonly string[];
  /** Whether something covers the whole page. */
  readonly isCovered?: boolean;
  readonly dialog: ComponentChildren;
  readonly children: ComponentChildren;
}

/** The frame. Its children are the bar and the screen. */
export function Frame({ page, skipTo = ['main'], isCovered = false, dialog, children }: FrameParts) {
  return (
    <PageContext.Provider value={page}>
      {/* biome-ignore lint/a11y/useValidAnchor: it is a link within the page; the hash itself belongs to the screens. */}
      <a
        class="skip"
        href="#main"
        inert={isCovered}
        onClick={(event) => {
          event.preventDefault();
          skipTo
            .map((id) => document.getElementById(id))
            .find((node) => node !== null)
            ?.focus();
        }}
      >
        {page.words.skip}
      </a>
      <div class="page" inert={isCovered}>
        {children}
      </div>
      <Notices />
      {dialog}
    </PageContext.Provider>
  );
}

/** Announcements for screen readers, and urgent ones on the screen for a moment. */
function Notices() {
  const { notice } = usePage().state;
  // The latest urgent notice stays for its time, whatever is announced after it.
  const [toast, setToast] = useState<Notice | undefined>();
  useEffect(() => {
    if (notice?.isUrgent) setToast(notice);
  }, [notice?.id]);
  useEffect(() => {
    if (!toast) return undefined;
    const timer = setTimeout(() => setToast(undefined), NOTICE_MS);
    return () => clearTimeout(timer);
  }, [toast?.id]);
  return (
    <>
      <div class="visually-hidden" role="status">
        {notice && !notice.isUrgent ? notice.text : ''}
      </div>
      <div class={`toast ${toast ? 'toast-on' : ''}`} role="alert">
        {toast && <p key={toast.id}>{toast.href ? <a href={toast.href}>{toast.text}</a> : toast.text}</p>}
      </div>
    </>
  );
}

const NOTICE_MS = 6_000;
