/** The start of the page. */

import { watchPointer } from 'naru-apps-kit/page/arrival.js';
import { render } from 'preact';
import { Actions } from './connection/actions.js';
import { Session } from './connection/session.js';
import { BrowserShelf } from './connection/shelf.js';
import { makeSocket } from './connection/socket.js';
import { memory, nameOfTab } from './connection/tab.js';
import { App, viewOf } from './parts/app.js';
import { stateAtStart } from './state/state.js';
import { Store } from './state/store.js';
import { startWorker } from './worker.js';

const store = new Store(stateAtStart(memory.settings(), viewOf(location.hash)));
const session = new Session(store, makeSocket(), new BrowserShelf(nameOfTab()));
const actions = new Actions(session);
const root = document.getElementById('app');
if (root) render(<App session={session} actions={actions} />, root);
watchPointer();
session.socket.connect();
startWorker();

// A browser notices sooner than a heartbeat that the network is gone or back.
addEventListener('offline', () => session.socket.io.engine?.close());
addEventListener('online', () => session.wake());
