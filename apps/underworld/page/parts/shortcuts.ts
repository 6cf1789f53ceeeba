/** The shortcuts. Each needs a modifier, so that screen readers and typing never trigger one. */
import type { Actions } from '../connection/actions.js';
import type { Session } from '../connection/session.js';

/** Carries out a shortcut. */
export function shortcut(event: KeyboardEvent, session: Session, actions: Actions): void {
  const { state } = session.store;
  if (event.isComposing || state.dialog || state.link === 'moved') return;
  const act = actOf(event, session, actions);
  if (!act) return;
  event.preventDefault();
  act();
}

function actOf(event: KeyboardEvent, session: Session, actions: Actions): (() => void) | undefined {
  const { key, code, altKey, shiftKey, ctrlKey, metaKey } = event;
  const { ride, view } = session.store.state;
  if (code === 'Slash' && (ctrlKey || metaKey)) return () => actions.dialog({ type: 'keys' });
  if (key === 'Escape' && ride.type === 'waiting' && view.type === 'ride') return () => actions.stepBack();
  if (!altKey || ctrlKey || metaKey) return undefined;
  const acts: Readonly<Record<string, () => void>> = shiftKey
    ? { KeyM: toMap, KeyL: () => actions.board(), KeyH: () => actions.hangUp() }
    : { ArrowUp: () => step(session, -1), ArrowDown: () => step(session, 1) };
  return acts[code];
}

function toMap(): void {
  location.hash = '#/';
}

/** Goes to the next of your stations, in the order of the map, and round again. */
function step(session: Session, by: number): void {
  const { stations, places, view } = session.store.state;
  const mine = stations.filter((station) => places[station.id]);
  if (mine.length === 0) return;
  const at = view.type === 'station' ? mine.findIndex((station) => station.id === view.id) : by > 0 ? -1 : 0;
  const to = mine[(at + by + mine.length) % mine.length];
  if (to) location.hash = `#/s/${to.id}`;
}
