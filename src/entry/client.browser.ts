/** The entry `naru/client` in browsers: the same names as in Node, and nothing that needs a `node:` module. */
export * from '../client/browser.js';
export { io as connect, io as default } from '../client/browser.js';
