/** The entry `@naru/nats`: a backplane with its log in NATS. */
export type { Backplane, BackplaneState } from 'naru/backplane';
export { ConfigError, UnavailableError } from 'naru/base';
export { type NatsCredentials, type NatsOptions, type NatsTlsOptions, nats } from '../nats.js';
