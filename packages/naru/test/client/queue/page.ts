/** The script of a page that bundles the client with its queue. */
export { io } from '../../../src/client/browser.js';
export { indexedDbStore, offlineQueue } from '../../../src/client/queue/index.js';
