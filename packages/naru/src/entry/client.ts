/**
 * The entry `naru/client` in Node. It has a default export, unlike the rest of the package, because existing code
 * imports it so.
 */
export * from '../client/index.js';
export { io as connect, io as default } from '../client/index.js';
