/** The entry `naru/client` in browsers. It has the same names as in Node, and needs no `node:` module. */
export * from '../client/browser.js';
export { io as connect, io as default } from '../client/browser.js';
