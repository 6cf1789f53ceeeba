/** The page as a whole: the current screen, the announcements, and the shortcuts. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Actions } from '../connection/actions.js';
import type { Session } from '../connection/session.js';
import { unreadInAll } from '../state/places.js';
import type { State, View } from '../state/state.js';
import { stationName, wordsOf } from '../words/language.js';
import { Bar } from './bar.js';
import { type Chat, ChatContext, useChat } from './context.js';
import { Dialogs } from './dialogs/dialogs.js';
import { KeptScreen } from './dialogs/kept.js';
import { Concourse } from './map/concourse.js';
import { RideScreen } from './places/ride.js';
import { StationScreen } from './places/station.js';
import { shortcut } from './shortcuts.js';

/** The page. */
export function App({ session, actions }: { session: Session; actions: Actions }) {
  const [state, setState] = useState(session.store.state);
  useEffect(() => {
    setState(session.store.state);
    return session.store.watch(() => setState(session.store.state));
  }, [session]);
  useEffect(() => {
    const onHash = (): void => session.store.set({ view: viewOf(location.hash), dialog: undefined });
    const onKey = (event: KeyboardEvent): void => shortcut(event, session, actions);
    addEventListener('hashchange', onHash);
    addEventListener('keydown', onKey);
    for (const type of DRAGS) addEventListener(type, keepPage);
    return () => {
      for (const type of DRAGS) removeEventListener(type, keepPage);
      removeEventListener('hashchange', onHash);
      removeEventListener('keydown', onKey);
    };
  }, [session]);
  const words = wordsOf(state.settings.language);
  const isCovered = state.link === 'moved' || state.link === 'full';
  const chat = useMemo((): Chat => ({ state, words, session, actions }), [state]);
  useDocument(state);
  return (
    <ChatContext.Provider value={chat}>
      {/* biome-ignore lint/a11y/useValidAnchor: it is a link within the page; the hash itself belongs to the screens. */}
      <a
        class="skip"
        href="#main"
        inert={isCovered}
        onClick={(event) => {
          event.preventDefault();
          (document.getElementById('write') ?? document.getElementById('main'))?.focus();
        }}
      >
        {words.skip}
      </a>
      <div class="page" inert={isCovered}>
        <Bar />
        <Screen view={state.view} />
      </div>
      <Notices />
      <Dialogs />
      <Elsewhere />
    </ChatContext.Provider>
  );
}

function Screen({ view }: { view: View }) {
  if (view.type === 'station') return <StationScreen id={view.id} />;
  if (view.type === 'ride') return <RideScreen />;
  return view.type === 'kept' ? <KeptScreen /> : <Concourse />;
}

/** Announcements for screen readers, and urgent ones on the screen for a moment. */
function Notices() {
  const { notice } = useChat().state;
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    if (!notice) return undefined;
    setShown(true);
    const timer = setTimeout(() => setShown(false), NOTICE_MS);
    return () => clearTimeout(timer);
  }, [notice?.id]);
  const urgent = notice?.isUrgent && isShown ? notice.text : '';
  return (
    <>
      <div class="visually-hidden" role="status">
        {notice && !notice.isUrgent ? notice.text : ''}
      </div>
      <div class={`toast ${urgent ? 'toast-on' : ''}`} role="alert">
        {urgent && <p key={notice?.id}>{notice?.href ? <a href={notice.href}>{urgent}</a> : urgent}</p>}
      </div>
    </>
  );
}

/** Covers the page while the session is in another tab, or the line is full. */
function Elsewhere() {
  const { state, words } = useChat();
  const { link } = state;
  if (link === 'full') {
    return (
      <div class="elsewhere" role="alert">
        <p>{words.fullNote}</p>
      </div>
    );
  }
  return link === 'moved' ? <Moved /> : null;
}

/** The choice between this tab and the other one. It takes the focus once, not each time it is drawn. */
function Moved() {
  const { words, session, actions } = useChat();
  const here = useRef<HTMLButtonElement>(null);
  useEffect(() => here.current?.focus(), []);
  return (
    <div class="elsewhere" role="alertdialog" aria-modal="true" aria-labelledby="elsewhere-text">
      <p id="elsewhere-text">{words.movedNote}</p>
      <div class="row">
        <button type="button" class="primary" ref={here} onClick={() => actions.takeOver()}>
          {words.movedHere}
        </button>
        <button type="button" class="secondary" onClick={() => session.startOver()}>
          {words.movedNew}
        </button>
      </div>
    </div>
  );
}

/** Keeps the title, language and theme of the document up to date. */
function useDocument(state: State): void {
  const { settings, view, stations } = state;
  const words = wordsOf(settings.language);
  const station = view.type === 'station' ? stations.find(({ id }) => id === view.id) : undefined;
  const unread = unreadInAll(state);
  useEffect(() => {
    const where = {
      map: words.mapTitle,
      station: station ? stationName(station, settings.language) : words.mapTitle,
      ride: words.line,
      kept: words.keptTitle,
    }[view.type];
    document.title = `${unread > 0 ? `(${unread}) ` : ''}${where} · ${words.title}`;
  }, [settings.language, view, station, unread]);
  useEffect(() => {
    // Separate from the title, which changes with every message, because this makes the browser compute all styles again.
    document.documentElement.lang = settings.language;
  }, [settings.language]);
  useEffect(() => {
    document.documentElement.dataset.theme = settings.theme;
    const isLight = settings.theme === 'light';
    for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
      const isForLight = settings.theme === 'auto' ? meta.media.includes('light') : isLight;
      meta.content = isForLight ? '#f4f2ec' : '#0c0e13';
    }
  }, [settings.theme]);
}

/** Stops a file that is dropped beside the talk, because the browser would open it in place of the page. */
function keepPage(event: DragEvent): void {
  if (event.defaultPrevented || !event.dataTransfer?.types.includes('Files')) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = 'none';
}

const DRAGS = ['dragover', 'drop'] as const;

/** The screen that a hash of the address names. */
export function viewOf(hash: string): View {
  const [, first, second] = hash.split('/');
  if (first === 's' && second && /^[\w-]{1,40}$/.test(second)) return { type: 'station', id: second };
  if (first === 'ride') return { type: 'ride' };
  return { type: first === 'kept' ? 'kept' : 'map' };
}

const NOTICE_MS = 6_000;
