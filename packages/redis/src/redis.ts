/** A backplane on Redis: one server, a master that Sentinels name, or a Redis Cluster. */

import type { Home, Uplink, UplinkHandler } from '@naru/broker';
import { askCredentials, RemoteBackplane } from '@naru/broker';
import { type Random, readOptions, systemRandom, UnavailableError } from 'naru/base';
import { RedisLogs } from './log/log.js';
import {
  type RedisLogin,
  type RedisOptions,
  type RedisSettings,
  type RedisTarget,
  type RedisWay,
  readWay,
  redisCredentialsTable,
  redisTable,
} from './options.js';
import { Keys } from './script.js';
import { checkClient, type RedisClient, wayOfClient } from './servers/given-client.js';
import { warnOfLonelyPrefix } from './servers/other-prefixes.js';
import { findServers } from './servers/topology.js';
import { RedisUplink, type RedisUplinkParts } from './uplink.js';

/** A Redis as the home of logs and texts. */
export class RedisHome implements Home {
  readonly #find: () => RedisWay | Promise<RedisWay>;
  readonly #settings: RedisSettings;
  readonly #random: Random;
  #parts: RedisUplinkParts | undefined;
  #hasLooked = false;

  /** `find` returns the way to the servers, and is called before each uplink. */
  constructor(find: () => RedisWay | Promise<RedisWay>, settings: RedisSettings, random: Random = systemRandom) {
    this.#find = find;
    this.#settings = settings;
    this.#random = random;
  }

  async connect(handler: UplinkHandler): Promise<Uplink> {
    const { credentials, clock } = this.#settings;
    const { target, login, ask } = await this.#find();
    const parts = this.#partsOf(target, login);
    const ending = credentials && (await askCredentials('redis', redisCredentialsTable, credentials, clock));
    const asked = ending ?? (ask && (await asking('provider of credentials', ask)));
    let isLost = false;
    let why: unknown;
    let uplink: RedisUplink | undefined;
    const topology = await findServers(asked ? withLogin(target, asked) : target, {
      login: asked ? { ...login, username: asked.username, password: asked.password } : login,
      clock,
      isCarrier: !this.#settings.log,
      prefix: this.#settings.prefix,
      onLost(reason) {
        isLost = true;
        why = reason;
        uplink?.lose(reason);
      },
    });
    // A mistake of the configuration shows at the start. A login may not be allowed to look.
    if (!this.#hasLooked) warnOfLonelyPrefix(topology, parts.keys).catch(() => undefined);
    this.#hasLooked = true;
    uplink = new RedisUplink(parts, topology, handler, ending?.expiresAt);
    // An uplink that broke already is told so after the caller has it.
    if (isLost) Promise.resolve().then(() => uplink?.lose(why));
    return uplink;
  }

  forget(namespace: string): void {
    this.#parts?.log.forget(namespace);
  }

  /** The names of keys stay those of the first database. */
  #partsOf({ addresses: [address], master }: RedisTarget, { database }: RedisLogin): RedisUplinkParts {
    if (this.#parts) return this.#parts;
    const { prefix, clock } = this.#settings;
    const keys = new Keys(prefix, master === undefined ? (address?.database ?? database) : database);
    const log = new RedisLogs(keys, this.#settings, clock);
    this.#parts = { settings: this.#settings, keys, log, clock, random: this.#random };
    return this.#parts;
  }
}

/** Returns a target with a login in place of its own. Sentinels keep theirs. */
function withLogin(target: RedisTarget, { username, password }: Partial<RedisLogin>): RedisTarget {
  if (target.master !== undefined) return target;
  return { ...target, addresses: target.addresses.map((address) => ({ ...address, username, password })) };
}

/** Asks a function of the program. Rejects with UnavailableError if it fails. */
async function asking<T>(what: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UnavailableError('CONNECT_FAILED', `The ${what} that redis was given has failed: ${why}.`, error);
  }
}

/** Returns a function that finds the way to the servers of what a program has given. Throws ConfigError. */
export function finderOf(given: unknown, settings: RedisSettings): () => RedisWay | Promise<RedisWay> {
  if (typeof given === 'function')
    return async () => wayOfClient(await asking('function', async () => given()), settings);
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) {
    checkClient(given, settings);
    return () => wayOfClient(given, settings);
  }
  const way = readWay(given, settings);
  return () => way;
}

/**
 * Opens a backplane on Redis 7 or newer, or from 6.0 on with the option `log: false`. Several nodes that give the same
 * address and prefix share their events. An address is such as "redis://localhost:6379"; several name servers of one
 * Redis Cluster, or Sentinels. In place of it, a client of `@redis/client` or `ioredis` shows the way, or a function
 * that returns one and is called before each connection. Naru opens connections of its own, and never closes that
 * client. Throws ConfigError for invalid options, and for options of the client that Naru cannot take over. Everything
 * else shows when a server starts with the backplane: UnavailableError if Redis cannot be reached or refuses the login,
 * and ConfigError if its settings would lose events.
 */
export function redis(
  given: string | readonly string[] | RedisClient | (() => RedisClient | Promise<RedisClient>),
  options: RedisOptions = {},
): RemoteBackplane {
  const settings = readOptions(redisTable, options);
  const home = new RedisHome(finderOf(given, settings), settings);
  const traits = settings.log
    ? { isDurable: true, hasTags: true, canTrim: true }
    : { isDurable: false, isCarrier: true };
  return new RemoteBackplane({ name: 'redis', home, ...traits, clock: settings.clock });
}
