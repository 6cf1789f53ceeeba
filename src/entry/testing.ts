/** The entry `naru/testing`: a fake clock, a network in memory and a server on them. */
export * from '../testing/index.js';
