/** The start of the page. */

import { watchPointer } from 'naru-apps-kit/page/arrival.js';
import { render } from 'preact';
import { Airing } from './connection/airing.js';
import { Session } from './connection/session.js';
import { makeSocket } from './connection/socket.js';
import { memory } from './connection/tab.js';
import { App } from './parts/app.js';
import { stateAtStart, viewOf } from './state/state.js';
import { Store } from './state/store.js';

const store = new Store(stateAtStart(memory.settings(), viewOf(location.hash)));
const session = new Session(store, makeSocket());
const airing = new Airing(session);
// The connection opens while the page is built.
session.socket.connect();
const root = document.getElementById('app');
if (root) render(<App session={session} airing={airing} />, root);
watchPointer();

// A browser notices sooner than a heartbeat that the network is gone or back.
addEventListener('offline', () => session.socket.io.engine?.close());
addEventListener('online', () => session.socket.connect());
