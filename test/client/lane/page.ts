/** The script of a page that bundles the client with lanes. */
export { io } from '../../../src/client/browser.js';
export { openLane } from '../../../src/client/lane/index.js';
