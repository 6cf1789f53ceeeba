/** The page as a whole: the current screen, its keys, and the title of the document. */
import { Bar } from 'naru-apps-kit/page/bar.js';
import { useDocument, useStore, useWindow } from 'naru-apps-kit/page/document.js';
import { Frame } from 'naru-apps-kit/page/frame.js';
import { KeptScreen } from 'naru-apps-kit/page/kept.js';
import { useMemo } from 'preact/hooks';
import type { Session } from '../connection/session.js';
import { Speaker } from '../sound.js';
import { type View, viewOf } from '../state/state.js';
import { wordsOf } from '../words/language.js';
import { type Arena, useArena } from './context.js';
import { Dialogs } from './dialogs.js';
import { PlayScreen } from './play.js';
import { StartScreen } from './start.js';

/** The page. */
export function App({ session }: { session: Session }) {
  const { store } = session;
  const state = useStore(store);
  const speaker = useMemo(() => new Speaker(), []);
  useWindow({
    hashchange: () => store.set({ view: viewOf(location.hash), dialog: undefined }),
    keydown: (event) => {
      press(session, event);
      speaker.wake();
    },
    pointerdown: () => speaker.wake(),
  });
  const words = wordsOf(state.settings.language);
  const arena = useMemo((): Arena => ({ state, words, session, speaker, actions: session }), [state]);
  const titles = { start: words.mapTitle, play: words.playTitle, kept: words.keptTitle };
  useDocument(state.settings, `${titles[state.view.type]} · ${words.title}`);
  return (
    <Frame page={arena} skipTo={['field', 'main']} dialog={<Dialogs />}>
      {state.view.type !== 'play' && <TopBar />}
      <Screen view={state.view} />
    </Frame>
  );
}

function TopBar() {
  const { state, words } = useArena();
  return <Bar status={words.links[state.link]} isLit />;
}

function Screen({ view }: { view: View }) {
  if (view.type === 'play') return <PlayScreen key={view.room ?? ''} room={view.room} />;
  return view.type === 'kept' ? <KeptScreen /> : <StartScreen />;
}

/** Takes the keys of the page. Those of the game are in `input/`. */
function press(session: Session, { key, code, ctrlKey, metaKey, altKey, repeat }: KeyboardEvent): void {
  const { store } = session;
  const { isPanelOpen, isBoardOpen, isSoundOn, view, dialog } = store.state;
  if (ctrlKey && key === '/') session.dialog({ type: 'keys' });
  if (view.type !== 'play' || dialog || ctrlKey || metaKey || altKey || repeat) return;
  if (code === 'KeyE') store.set({ isBoardOpen: !isBoardOpen });
  if (code === 'KeyP') store.set({ isPanelOpen: !isPanelOpen });
  if (code === 'KeyM') session.chooseSound(!isSoundOn);
  if (key === 'Escape') {
    store.set({ isPanelOpen: false, isBoardOpen: false });
    document.getElementById('field')?.focus({ preventScroll: true });
  }
}
