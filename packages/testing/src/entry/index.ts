/** The entry `@naru/testing`: a fake clock, a network in memory, and a server that uses both. */
export * from '../index.js';
