/** The start of the page. */
import { watchPointer } from 'naru-apps-kit/page/arrival.js';
import { render } from 'preact';
import { Session } from './connection/session.js';
import { memory, turnOfTab } from './connection/tab.js';
import { App } from './parts/app.js';
import { stateAtStart, viewOf } from './state/state.js';
import { Store } from './state/store.js';

const isSoundOn = memory.read('browser', 'sound') !== false;
const session = new Session(new Store(stateAtStart(memory.settings(), viewOf(location.hash), turnOfTab(), isSoundOn)));
session.socket.connect();

const root = document.getElementById('app');
if (root) render(<App session={session} />, root);
watchPointer();

// A browser notices sooner than a heartbeat that the network is gone or back.
addEventListener('offline', () => session.socket.io.engine?.close());
addEventListener('online', () => session.socket.connect());
