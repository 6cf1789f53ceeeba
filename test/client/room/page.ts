/** What a page has that bundles the client with history and presence. */
export { io } from '../../../src/client/browser.js';
export { history, presence, subscribe } from '../../../src/client/room/index.js';
