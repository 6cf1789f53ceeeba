/** The door `naru`: the server. */
export * from './server/index.js';
