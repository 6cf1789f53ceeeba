/** The start of the page. */

import { watchPointer } from 'naru-apps-kit/page/arrival.js';
import { render } from 'preact';
import { Airing } from './connection/airing.js';
import { App } from './parts/app.js';
import { ready, session } from './start.js';

const airing = new Airing(session);
const root = document.getElementById('app');
void ready.then(() => {
  // The outline with the still gives way to the screen, which shows the still as well.
  root?.replaceChildren();
  if (root) render(<App session={session} airing={airing} />, root);
});
watchPointer();

// A browser notices sooner than a heartbeat that the network is gone or back.
addEventListener('offline', () => session.socket.io.engine?.close());
addEventListener('online', () => session.socket.connect());
