// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

// Backplane
export { Backplane } from 'naru/backplane';

// BackplaneState
export { BackplaneState } from 'naru/backplane';

// ConfigError
export { ConfigError } from 'naru/base';

// NatsCredentials
interface NatsCredentials extends OptionsOf<typeof natsCredentialsTable> {
}

// NatsOptions
interface NatsOptions extends OptionsOf<typeof natsTable> {
}

// NatsTlsOptions
interface NatsTlsOptions extends OptionsOf<typeof natsTlsTable> {
}

// UnavailableError
export { UnavailableError } from 'naru/base';

// nats
declare function nats(servers: string | readonly string[], given?: NatsOptions): RemoteBackplane;
