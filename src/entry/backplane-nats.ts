/** The entry `naru/backplane/nats`: a backplane with its log in NATS. */
export type { Backplane, BackplaneState } from '../backplane/backplane.js';
export { type NatsOptions, type NatsTlsOptions, nats } from '../backplane/nats/nats.js';
export { ConfigError, UnavailableError } from '../base/errors.js';
