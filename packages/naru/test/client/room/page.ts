/** The script of a page that bundles the client with history and presence. */
export { io } from '../../../src/client/browser.js';
export { history, presence, subscribe } from '../../../src/client/room/index.js';
