/**
 * Finds the servers of Redis that have the data now: the one at an address, the master that Sentinels name, the masters
 * of a Redis Cluster.
 */

import { isRefusal } from '@naru/broker';
import type { Clock } from 'naru/base';
import { ConfigError, UnavailableError, within } from 'naru/base';
import { nameOf, type RedisAddress, type RedisLogin, type RedisTarget } from '../options.js';
import { listOf, numberOf, textOf } from '../script.js';
import { openConnection, type RedisConnection, Shard } from './driver.js';
import { cannotConnect, codeOf, noAnswer, noChannels, noSentinel } from './failures.js';
import { SLOTS } from './slots.js';

/** The servers of an uplink. */
export interface Topology {
  readonly shards: readonly Shard[];
  /** Returns the server that has a slot. */
  shardOf(slot: number): Shard;
  /** Whether messages go over sharded channels, as Redis has them from 7 on. */
  readonly isSharded: boolean;
  /** Whether the answer to a message counts the receivers of one server of a Redis Cluster alone. */
  readonly isPartial: boolean;
}

/** How connections are made, and who learns of their end. */
export interface Dialing {
  /** The address to log in at a server that Sentinels or a Redis Cluster have named. */
  readonly login: RedisLogin;
  readonly clock: Clock;
  /** Whether Redis only carries messages, so that neither its version nor its settings matter. */
  readonly isCarrier: boolean;
  /** The first part of all channels. */
  readonly prefix: string;
  /** The reason is `undefined` if nobody knows it. */
  onLost(reason: unknown): void;
}

/** The things that a server is checked for. */
interface Checks extends Pick<Dialing, 'isCarrier' | 'prefix'> {
  readonly isBySentinel: boolean;
  readonly isSharded: boolean;
}

const VERSION_MIN = 7;

/** Channels that show whether a server has all of them. */
const PROBES = 8;

/** The answer of a server to INFO, by field. */
type Info = ReadonlyMap<string, string>;

/**
 * Milliseconds for which an address is tried if there are more, so that a server that stands still does not keep a node
 * from the others.
 */
const ATTEMPT_MS = 1_500;
/**
 * Milliseconds for the last or only address. A node waits longer for an uplink, so that the reason names the address.
 */
const LAST_ATTEMPT_MS = 4_000;

/** Connects to the servers that have the data. Rejects with the reason if none can be used. */
export async function findServers(target: RedisTarget, dialing: Dialing): Promise<Topology> {
  const { master } = target;
  const addresses = master === undefined ? target.addresses : [await askSentinels(target, master, dialing)];
  return firstOf(addresses, dialing, async (address, dial) => {
    const connection = await dial(address);
    const { isCarrier } = dialing;
    const info = await infoOf(connection, isCarrier);
    const isCluster = info ? info.get('redis_mode') === 'cluster' : await hasSlots(connection);
    const answer = isCarrier ? await probe(connection, dialing.prefix) : 'sharded';
    if (isCluster && answer !== 'plain') return findShards(connection, dial, dialing);
    // Every server of a Redis Cluster passes plain messages on to all others, whatever its role.
    const isPartial = isCluster || answer === 'elsewhere';
    const isSharded = answer === 'sharded';
    const checks = { ...dialing, isSharded, isBySentinel: master !== undefined };
    const shard = await checked(connection, isPartial ? undefined : info, checks);
    return { shards: [shard], shardOf: () => shard, isSharded, isPartial };
  });
}

/**
 * Asks whether a server has sharded channels, and whether the user may use them. `elsewhere`: another server of a Redis
 * Cluster has this one.
 */
async function probe(connection: RedisConnection, prefix: string): Promise<'sharded' | 'plain' | 'elsewhere'> {
  try {
    // A server of a Redis Cluster has some of these channels, and others have the rest.
    const names = Array.from({ length: PROBES }, (_, n) => `${prefix}:probe${n}`);
    await Promise.all(names.map((name) => connection.call(['SPUBLISH', name, ''])));
    return 'sharded';
  } catch (error) {
    const code = codeOf(error);
    if (code === 'MOVED') return 'elsewhere';
    if (code === 'NOPERM' || (error instanceof Error && /unknown command/i.test(error.message))) return 'plain';
    throw cannotConnect(error, connection.address);
  }
}

type Dial = (address: RedisAddress) => Promise<RedisConnection>;

/**
 * Tries addresses until one can be used. Rejects with the first reason, or with that of a server which was reached and
 * must not be used.
 */
async function firstOf<T>(
  addresses: readonly RedisAddress[],
  dialing: Dialing,
  use: (address: RedisAddress, dial: Dial) => Promise<T>,
): Promise<T> {
  let reason: unknown;
  for (const [index, address] of addresses.entries()) {
    const isLast = index === addresses.length - 1;
    try {
      return await attempt(address, isLast ? LAST_ATTEMPT_MS : ATTEMPT_MS, dialing, use);
    } catch (error) {
      if (reason === undefined || (isRefusal(error) && !isRefusal(reason))) reason = error;
    }
  }
  throw reason;
}

/** Uses one address. If that fails, or takes too long, all connections that were made for it end. */
async function attempt<T>(
  address: RedisAddress,
  timeoutMs: number,
  { clock, onLost }: Dialing,
  use: (address: RedisAddress, dial: Dial) => Promise<T>,
): Promise<T> {
  const open: RedisConnection[] = [];
  let isOver = false;
  const dial: Dial = async (to) => {
    const lose = (cause: unknown): void => onLost(cause instanceof Error ? cannotConnect(cause, to) : undefined);
    const connection = await openConnection(to, lose).catch((error: unknown) => {
      throw cannotConnect(error, to);
    });
    open.push(connection);
    if (isOver) connection.close();
    return connection;
  };
  try {
    const used = use(address, dial);
    let reason: unknown;
    used.catch((error: unknown) => {
      reason = error;
    });
    const result = await within(clock, used, timeoutMs);
    if (result) return result.value;
    throw reason ?? noAnswer(timeoutMs, address);
  } catch (error) {
    isOver = true;
    for (const connection of open) connection.close();
    throw error;
  }
}

/**
 * Returns the address of the master. The first Sentinel that knows it decides, as the specification of Sentinel clients
 * says.
 */
async function askSentinels({ addresses }: RedisTarget, master: string, dialing: Dialing): Promise<RedisAddress> {
  return firstOf(addresses, { ...dialing, onLost: () => undefined }, async (address, dial) => {
    const connection = await dial(address);
    const answer = await connection.call(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', master]).catch((error: unknown) => {
      throw noSentinel(error, address);
    });
    connection.close();
    const reply = listOf(answer).map(textOf);
    const [host, port] = reply;
    if (host === undefined || port === undefined)
      throw new UnavailableError('REFUSED', `The Sentinel at ${nameOf(address)} does not know a master "${master}".`);
    return { ...dialing.login, host, port: Number(port) };
  });
}

/** Returns what a server says of itself, or `undefined` if the user may not ask. A carrier need not answer at all. */
async function infoOf(connection: RedisConnection, isCarrier: boolean): Promise<Info | undefined> {
  try {
    const text = textOf(await connection.call(['INFO'])) ?? '';
    return new Map(
      text.split('\r\n').flatMap((line) => {
        const at = line.indexOf(':');
        return at > 0 ? [[line.slice(0, at), line.slice(at + 1)] as const] : [];
      }),
    );
  } catch (error) {
    if (codeOf(error) !== 'NOPERM' && !(isCarrier && connection.isOpen)) throw cannotConnect(error, connection.address);
    return undefined;
  }
}

async function hasSlots(connection: RedisConnection): Promise<boolean> {
  return connection.call(['CLUSTER', 'SLOTS']).then(
    () => true,
    () => false,
  );
}

/** Checks a server, and returns it with the token of its run. */
async function checked(connection: RedisConnection, info: Info | undefined, checks: Checks): Promise<Shard> {
  const name = `Redis at ${nameOf(connection.address)}`;
  if (info) checkInfo(info, name, checks);
  else if (!checks.isCarrier) warnOfInfo(name);
  await checkChannels(connection, checks);
  // The script of an append makes the token in the same way.
  const token = info ? `${info.get('run_id') ?? ''} ${info.get('master_replid') ?? ''}` : '';
  return new Shard(connection, token, await argumentBytesMaxOf(connection));
}

/** Throws if a server says of itself that it cannot be used. */
function checkInfo(info: Info, name: string, { isBySentinel, isCarrier }: Checks): void {
  const version = info.get('redis_version') ?? '';
  if (!isCarrier && Number.parseInt(version, 10) < VERSION_MIN)
    throw new ConfigError(
      'WRONG_STATE',
      `${name} has version ${version}. Naru needs Redis ${VERSION_MIN} or newer, or the option "log: false".`,
    );
  const policy = info.get('maxmemory_policy') ?? 'noeviction';
  if (!isCarrier && policy !== 'noeviction')
    throw new ConfigError(
      'WRONG_STATE',
      `${name} may remove the log when its memory is full, because "maxmemory-policy" is "${policy}". ` +
        'Set it to "noeviction": CONFIG SET maxmemory-policy noeviction. Or set the option "log: false", so that Redis keeps nothing.',
    );
  if (info.get('role') !== 'master') {
    const remedy = isBySentinel
      ? 'A failover may be under way.'
      : 'Use the address of its master, or those of Sentinels.';
    throw new UnavailableError('CONNECT_FAILED', `${name} is a replica. ${remedy}`);
  }
}

/**
 * Rejects if the user may not use the channels. Redis looks at the rights first, so any other refusal does not matter:
 * another server of a Redis Cluster may have the channel.
 */
async function checkChannels(connection: RedisConnection, { prefix, isSharded }: Checks): Promise<void> {
  const channel = `${prefix}:{probe}:push`;
  const subscribed = connection.subscribe(channel, () => undefined, isSharded);
  const answers = await Promise.allSettled([
    connection.call([isSharded ? 'SPUBLISH' : 'PUBLISH', channel, '']),
    subscribed.then(() => connection.unsubscribe(channel, isSharded)),
  ]);
  for (const answer of answers)
    if (answer.status === 'rejected' && codeOf(answer.reason) === 'NOPERM')
      throw noChannels(answer.reason, prefix, connection.address);
}

/**
 * Returns the bytes that one argument may have, as far as the server tells: it has to take them, and to push them to
 * its subscribers.
 */
async function argumentBytesMaxOf(connection: RedisConnection): Promise<number> {
  const limits = ['proto-max-bulk-len', 'client-output-buffer-limit'];
  const reply = await connection.call(['CONFIG', 'GET', ...limits]).catch(() => undefined);
  // RESP3 has a type for the pairs, which the driver returns as an object.
  const found: Record<string, unknown> = { ...(reply as object | undefined) };
  const [bulk, buffers] = limits.map((name) => textOf(found[name]));
  const [, hard] = /pubsub (\d+)/.exec(buffers ?? '') ?? [];
  return Math.min(Number(bulk) || Number.POSITIVE_INFINITY, Number(hard) / 2 || Number.POSITIVE_INFINITY);
}

let hasWarned = false;

function warnOfInfo(name: string): void {
  if (hasWarned) return;
  hasWarned = true;
  process.emitWarning(
    `${name} does not allow INFO. Naru cannot check its settings, and does not notice events that Redis loses in a failover. ` +
      'Allow it: ACL SETUSER <user> +info',
    { code: 'NARU_REDIS_INFO' },
  );
}

/** Connects to all masters of a Redis Cluster. `CLUSTER SLOTS` names them. */
async function findShards(seed: RedisConnection, dial: Dial, dialing: Dialing): Promise<Topology> {
  const rows = listOf(await seed.call(['CLUSTER', 'SLOTS'])).map(listOf);
  const names: string[] = [];
  const owners = new Map<string, Promise<Shard>>();
  for (const [first, last, master] of rows) {
    const [host, port] = listOf(master);
    // A server that does not know its own name is the one that was asked.
    const address = { ...seed.address, host: textOf(host) || seed.address.host, port: numberOf(port) };
    const name = nameOf(address);
    for (let slot = numberOf(first); slot <= numberOf(last); slot += 1) names[slot] = name;
    if (!owners.has(name))
      owners.set(name, connectShard(name === nameOf(seed.address) ? seed : undefined, address, dial, dialing));
  }
  // A failure must not leave the others without a handler.
  await Promise.allSettled(owners.values());
  const shards = new Map<string, Shard>();
  for (const [name, owner] of owners) shards.set(name, await owner);
  if (!owners.has(nameOf(seed.address))) seed.close();
  const found = Array.from({ length: SLOTS }, (_, slot) => shards.get(names[slot] ?? ''));
  const first = found.indexOf(undefined);
  if (first >= 0) throw new UnavailableError('CONNECT_FAILED', `No server of the Redis Cluster has slot ${first}.`);
  return { shards: [...shards.values()], shardOf: (slot) => found[slot] as Shard, isSharded: true, isPartial: false };
}

async function connectShard(
  seed: RedisConnection | undefined,
  address: RedisAddress,
  dial: Dial,
  dialing: Dialing,
): Promise<Shard> {
  const connection = seed ?? (await dial(address));
  const info = await infoOf(connection, dialing.isCarrier);
  return checked(connection, info, { ...dialing, isSharded: true, isBySentinel: false });
}
