/** The backplane of nodes that share a NATS with JetStream. */
import { RemoteBackplane } from '@naru/broker';
import { NatsHome } from './nats-home.js';
import { type NatsOptions, readSettings } from './options.js';

export type { NatsCredentials, NatsOptions, NatsTlsOptions } from './options.js';

/**
 * Returns the backplane in the NATS at these addresses, such as "nats://localhost:4222". Several addresses are those of
 * one cluster. It connects by itself. Throws ConfigError for invalid addresses or options.
 */
export function nats(servers: string | readonly string[], given: NatsOptions = {}): RemoteBackplane {
  const settings = readSettings(servers, given);
  const home = new NatsHome(settings);
  return new RemoteBackplane({
    name: 'nats',
    home,
    isDurable: true,
    hasTags: true,
    keepsTagsApart: true,
    canTrim: true,
    earlier: (...args) => home.earlier(...args),
    clock: settings.clock,
  });
}
