/** The page as a whole: the current screen, and what covers it. */

import { useDocument, useStore, useWindow } from 'naru-apps-kit/page/document.js';
import { Frame } from 'naru-apps-kit/page/frame.js';
import { KeptScreen } from 'naru-apps-kit/page/kept.js';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { stationName } from '../../shared/naming.js';
import type { Actions } from '../connection/actions.js';
import type { Session } from '../connection/session.js';
import { unreadInAll } from '../state/places.js';
import type { State, View } from '../state/state.js';
import { wordsOf } from '../words/language.js';
import { TopBar } from './bar.js';
import { type Chat, useChat } from './context.js';
import { Dialogs } from './dialogs/dialogs.js';
import { Concourse } from './map/concourse.js';
import { RideScreen } from './places/ride.js';
import { StationScreen } from './places/station.js';
import { shortcut } from './shortcuts.js';

/** The page. */
export function App({ session, actions }: { session: Session; actions: Actions }) {
  const { store } = session;
  const state = useStore(store);
  useWindow({
    hashchange: () => store.set({ view: viewOf(location.hash), dialog: undefined }),
    keydown: (event) => shortcut(event, session, actions),
    mousedown: keepField,
    dragover: keepPage,
    drop: keepPage,
  });
  const words = wordsOf(state.settings.language);
  const isCovered = state.link === 'moved' || state.link === 'full';
  const chat = useMemo((): Chat => {
    return { state, words, session, actions, isOff: state.link === 'offline' };
  }, [state]);
  useDocument(state.settings, titleOf(state));
  const dialog = (
    <>
      <Dialogs />
      <Elsewhere />
    </>
  );
  return (
    <Frame page={chat} skipTo={['write', 'main']} isCovered={isCovered} dialog={dialog}>
      <TopBar />
      <Screen view={state.view} />
    </Frame>
  );
}

function Screen({ view }: { view: View }) {
  if (view.type === 'station') return <StationScreen id={view.id} />;
  if (view.type === 'ride') return <RideScreen />;
  return view.type === 'kept' ? <KeptScreen /> : <Concourse />;
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

/** The title of the document: how much is unread, and where you are. */
function titleOf(state: State): string {
  const { settings, view, stations } = state;
  const words = wordsOf(settings.language);
  const station = view.type === 'station' ? stations.find(({ id }) => id === view.id) : undefined;
  const unread = unreadInAll(state);
  const where = {
    map: words.mapTitle,
    station: station ? stationName(station, settings.language) : words.mapTitle,
    ride: words.line,
    kept: words.keptTitle,
  }[view.type];
  return `${unread > 0 ? `(${unread}) ` : ''}${where} · ${words.title}`;
}

/**
 * Keeps the focus in the field while a button above it is pressed. A low window shows the bar without the focus there,
 * and would move the button from under the finger.
 */
function keepField(event: MouseEvent): void {
  const isInHead = event.target instanceof Element && event.target.closest('.place-head') !== null;
  if (isInHead && document.activeElement?.id === 'write') event.preventDefault();
}

/** Stops a file that is dropped beside the talk, because the browser would open it in place of the page. */
function keepPage(event: DragEvent): void {
  if (event.defaultPrevented || !event.dataTransfer?.types.includes('Files')) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = 'none';
}

/** The screen that a hash of the address names. */
export function viewOf(hash: string): View {
  const [, first, second] = hash.split('/');
  if (first === 's' && second && /^[\w-]{1,40}$/.test(second)) return { type: 'station', id: second };
  if (first === 'ride') return { type: 'ride' };
  return { type: first === 'kept' ? 'kept' : 'map' };
}
