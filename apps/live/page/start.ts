/** Opens the connection of the page. It runs first, because the first picture has to come soon. */
import { Session } from './connection/session.js';
import { memory } from './connection/tab.js';
import { Player } from './media/player.js';
import { stateAtStart, viewOf } from './state/state.js';
import { Store } from './state/store.js';

/** The longest wait for the connection, in milliseconds. */
const READY_MS = 80;

const view = viewOf(location.hash);

/** The session of this page. */
export const session = new Session(new Store(stateAtStart(memory.settings(), view)));

/**
 * Resolves when the page may build its screen. A page that was opened with the link of a broadcast asks for it first,
 * because building a screen takes as long as the answer of the server. On a slow line, the screen does not wait.
 */
export const ready = new Promise<void>((done) => {
  if (view.type !== 'watch' || !Player.isAble) return done();
  session.wish(() => ({ id: view.id, wish: 'auto' }));
  session.socket.io.once('open', () => done());
  setTimeout(done, READY_MS);
});

session.socket.connect();
