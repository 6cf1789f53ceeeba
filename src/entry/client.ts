/** The entry `naru/client` in Node. The default export is an exception to the rule, because all code for it is written so. */
export * from '../client/index.js';
export { io as connect, io as default } from '../client/index.js';
