/** The entry `naru`: the server. */
export * from '../server/api/index.js';
