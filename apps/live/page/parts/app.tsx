/** The page as a whole: the current screen, and the title of the document. */

import { useDocument, useStore, useWindow } from 'naru-apps-kit/page/document.js';
import { Frame } from 'naru-apps-kit/page/frame.js';
import { KeptScreen } from 'naru-apps-kit/page/kept.js';
import { useMemo } from 'preact/hooks';
import type { Airing } from '../connection/airing.js';
import type { Session } from '../connection/session.js';
import { type View, viewOf } from '../state/state.js';
import { wordsOf } from '../words/language.js';
import { AirScreen } from './air.js';
import { TopBar } from './bar.js';
import type { Live } from './context.js';
import { Dialogs } from './dialogs.js';
import { MapScreen } from './map.js';
import { ProgramScreen } from './program.js';
import { WatchScreen } from './watch.js';

/** The page. */
export function App({ session, airing }: { session: Session; airing: Airing }) {
  const { store } = session;
  const state = useStore(store);
  useWindow({
    hashchange: () => store.set({ view: viewOf(location.hash), dialog: undefined }),
    keydown: ({ ctrlKey, key }) => {
      if (ctrlKey && key === '/') session.dialog({ type: 'keys' });
    },
  });
  const words = wordsOf(state.settings.language);
  const live = useMemo((): Live => ({ state, words, session, airing, actions: session }), [state]);
  const titles = {
    map: words.mapTitle,
    watch: words.watchTitle,
    air: words.airTitle,
    program: words.programTitle,
    kept: words.keptTitle,
  };
  useDocument(state.settings, `${titles[state.view.type]} · ${words.title}`);
  return (
    <Frame page={live} dialog={<Dialogs />}>
      <TopBar />
      <Screen view={state.view} />
    </Frame>
  );
}

function Screen({ view }: { view: View }) {
  if (view.type === 'watch') return <WatchScreen key={`${view.id} ${view.at}`} id={view.id} at={view.at} />;
  if (view.type === 'air') return <AirScreen />;
  if (view.type === 'program') return <ProgramScreen />;
  return view.type === 'kept' ? <KeptScreen /> : <MapScreen />;
}
