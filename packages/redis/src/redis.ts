/** A backplane on Redis: one server, a master that Sentinels name, or a Redis Cluster. */

import type { Home, Uplink, UplinkHandler } from '@naru/broker';
import { askCredentials, RemoteBackplane } from '@naru/broker';
import { type Random, readOptions, systemRandom } from 'naru/base';
import { RedisLogs } from './log/log.js';
import {
  type RedisCredentials,
  type RedisOptions,
  type RedisSettings,
  type RedisTarget,
  readTarget,
  redisCredentialsTable,
  redisTable,
} from './options.js';
import { Keys } from './script.js';
import { warnOfLonelyPrefix } from './servers/other-prefixes.js';
import { findServers } from './servers/topology.js';
import { RedisUplink, type RedisUplinkParts } from './uplink.js';

/** A Redis as the home of logs and texts. */
export class RedisHome implements Home {
  readonly #target: RedisTarget;
  readonly #parts: RedisUplinkParts;
  #hasLooked = false;

  constructor(target: RedisTarget, settings: RedisSettings, random: Random = systemRandom) {
    const [address] = target.master === undefined ? target.addresses : [];
    const keys = new Keys(settings.prefix, address?.database ?? settings.database);
    this.#target = target;
    this.#parts = { settings, keys, log: new RedisLogs(keys, settings), clock: settings.clock, random };
  }

  async connect(handler: UplinkHandler): Promise<Uplink> {
    const { credentials, clock, database = 0 } = this.#parts.settings;
    const asked = credentials && (await askCredentials('redis', redisCredentialsTable, credentials, clock));
    const { username, password } = asked ?? this.#parts.settings;
    const [{ tls } = { tls: false }] = this.#target.addresses;
    let isLost = false;
    let uplink: RedisUplink | undefined;
    const topology = await findServers(asked ? withLogin(this.#target, asked) : this.#target, {
      login: { username, password, database, tls },
      clock,
      onLost() {
        isLost = true;
        uplink?.lose();
      },
    });
    // A mistake of the configuration shows at the start. A login may not be allowed to look.
    if (!this.#hasLooked) warnOfLonelyPrefix(topology, this.#parts.keys).catch(() => undefined);
    this.#hasLooked = true;
    uplink = new RedisUplink(this.#parts, topology, handler, asked?.expiresAt);
    // An uplink that broke already is told so after the caller has it.
    if (isLost) Promise.resolve().then(() => uplink?.lose());
    return uplink;
  }
}

/** Returns a target with a login in place of its own. Sentinels keep theirs. */
function withLogin(target: RedisTarget, { username, password }: RedisCredentials): RedisTarget {
  if (target.master !== undefined) return target;
  return { ...target, addresses: target.addresses.map((address) => ({ ...address, username, password })) };
}

/**
 * Opens a backplane on Redis 7 or newer. Several nodes that give the same address and prefix share their events. An
 * address is such as "redis://localhost:6379"; several name servers of one Redis Cluster, or Sentinels. Throws
 * ConfigError for invalid options. Everything else shows when a server starts with the backplane: UnavailableError if
 * Redis cannot be reached or refuses the login, and ConfigError if its settings would lose events.
 */
export function redis(address: string | readonly string[], given: RedisOptions = {}): RemoteBackplane {
  const settings = readOptions(redisTable, given);
  const home = new RedisHome(readTarget(address, settings), settings);
  const traits = { isDurable: true, hasTags: true, canTrim: true };
  return new RemoteBackplane({ name: 'redis', home, ...traits, clock: settings.clock });
}
