/** The page as a whole: the current screen, the announcements, and the shortcuts. */
import { useEffect, useLayoutEffect, useMemo, useState } from 'preact/hooks';
import type { Airing } from '../connection/airing.js';
import type { Session } from '../connection/session.js';
import { type State, type View, viewOf } from '../state/state.js';
import { wordsOf } from '../words/language.js';
import { AirScreen } from './air.js';
import { Bar } from './bar.js';
import { type Live, LiveContext, useLive } from './context.js';
import { Dialogs } from './dialogs.js';
import { KeptScreen } from './kept.js';
import { MapScreen } from './map.js';
import { ProgramScreen } from './program.js';
import { WatchScreen } from './watch.js';

/** The page. */
export function App({ session, airing }: { session: Session; airing: Airing }) {
  const [state, setState] = useState(session.store.state);
  useLayoutEffect(() => {
    setState(session.store.state);
    return session.store.watch(() => setState(session.store.state));
  }, [session]);
  useEffect(() => {
    const onHash = (): void => session.store.set({ view: viewOf(location.hash), dialog: undefined });
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey && event.key === '/') session.dialog({ type: 'keys' });
    };
    addEventListener('hashchange', onHash);
    addEventListener('keydown', onKey);
    return () => {
      removeEventListener('hashchange', onHash);
      removeEventListener('keydown', onKey);
    };
  }, [session]);
  const words = wordsOf(state.settings.language);
  const live = useMemo((): Live => ({ state, words, session, airing }), [state]);
  useDocument(state);
  return (
    <LiveContext.Provider value={live}>
      {/* biome-ignore lint/a11y/useValidAnchor: it is a link within the page; the hash itself belongs to the screens. */}
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          document.getElementById('main')?.focus();
        }}
      >
        {words.skip}
      </a>
      <div class="page">
        <Bar />
        <Screen view={state.view} />
      </div>
      <Notices />
      <Dialogs />
    </LiveContext.Provider>
  );
}

function Screen({ view }: { view: View }) {
  if (view.type === 'watch') return <WatchScreen key={view.id} id={view.id} />;
  if (view.type === 'air') return <AirScreen />;
  if (view.type === 'program') return <ProgramScreen />;
  return view.type === 'kept' ? <KeptScreen /> : <MapScreen />;
}

/** Announcements for screen readers, and urgent ones on the screen for a moment. */
function Notices() {
  const { notice } = useLive().state;
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
        {urgent && <p key={notice?.id}>{urgent}</p>}
      </div>
    </>
  );
}

/** Keeps the title, language and theme of the document up to date. */
function useDocument({ settings, view }: State): void {
  const words = wordsOf(settings.language);
  useEffect(() => {
    const titles = {
      map: words.mapTitle,
      watch: words.watchTitle,
      air: words.airTitle,
      program: words.programTitle,
      kept: words.keptTitle,
    };
    document.title = `${titles[view.type]} · ${words.title}`;
    document.documentElement.lang = settings.language;
  }, [settings.language, view]);
  useEffect(() => {
    document.documentElement.dataset.theme = settings.theme;
    const isLight = settings.theme === 'light';
    for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
      const isForLight = settings.theme === 'auto' ? meta.media.includes('light') : isLight;
      meta.content = isForLight ? '#f4f2ec' : '#0c0e13';
    }
  }, [settings.theme]);
}

const NOTICE_MS = 6_000;
