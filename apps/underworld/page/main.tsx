/** The start of the page. */
import { render } from 'preact';
import { App, viewOf } from './parts/app.js';
import { watchPointer } from './parts/arrival.js';
import { stateAtStart } from './state/state.js';
import { Store } from './state/store.js';
import { Actions } from './wire/actions.js';
import { Session } from './wire/session.js';
import { BrowserShelf } from './wire/shelf.js';
import { makeSocket } from './wire/socket.js';
import { nameOfTab, settingsOfBrowser } from './wire/tab.js';

const store = new Store(stateAtStart(settingsOfBrowser(), viewOf(location.hash)));
const session = new Session(store, makeSocket(), new BrowserShelf(nameOfTab()));
const actions = new Actions(session);
const root = document.getElementById('app');
if (root) render(<App session={session} actions={actions} />, root);
watchPointer();
session.socket.connect();

// A browser knows sooner than a heartbeat when the network is gone or back.
addEventListener('offline', () => session.socket.io.engine?.close());
addEventListener('online', () => session.wake());
