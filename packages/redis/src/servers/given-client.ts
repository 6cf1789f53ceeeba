/**
 * The way to Redis from a client that the program has already: of `@redis/client` (one server, a pool, Sentinels, a
 * Redis Cluster) or of `ioredis`. Naru reads its options, opens connections of its own, and neither uses nor closes it.
 */
import type { ConnectionOptions } from 'node:tls';
import { ConfigError, UnavailableError } from 'naru/base';
import {
  definedOf,
  type RedisAddress,
  type RedisLogin,
  type RedisSettings,
  type RedisWay,
  readAddresses,
  SENTINEL_PORT,
  wayTo,
} from '../options.js';
import { listOf } from '../script.js';

/** A client of `@redis/client` 5 or 6, or of `ioredis` 5 or 6. A pool of `@redis/client` has no `duplicate`. */
export type RedisClient = { duplicate(...args: never[]): unknown } | { execute(...args: never[]): unknown };

/** Options of another library, which may be anything. */
type Loose = Record<string, unknown>;

/** Options of a socket of `@redis/client` that Naru sets itself, or does without. */
const OWN_OPTIONS: ReadonlySet<string> = new Set([
  ...['host', 'port', 'tls', 'path', 'localPort', 'reconnectStrategy', 'connectTimeout', 'socketTimeout'],
  ...['keepAlive', 'keepAliveInitialDelay', 'noDelay'],
]);
/** Options of a socket of `@redis/client` that `tls.connect` does not need. */
const NET_OPTIONS: ReadonlySet<string> = new Set([
  ...['family', 'hints', 'localAddress', 'lookup', 'autoSelectFamily', 'autoSelectFamilyAttemptTimeout'],
]);

/**
 * Returns the way to the servers of a client. Rejects with ConfigError for a client that is unknown, or has an option
 * that Naru cannot take over, and with UnavailableError for a pool that is not connected.
 */
export async function wayOfClient(given: unknown, settings: RedisSettings): Promise<RedisWay> {
  if (isPool(given)) return readNodeClient(await optionsOfPool(given), settings);
  return wayOfPresent(given, settings);
}

/** Checks the options of a client at once. Those of a pool are known when it is connected. */
export function checkClient(given: unknown, settings: RedisSettings): void {
  if (!isPool(given)) wayOfPresent(given, settings);
}

function wayOfPresent(given: unknown, settings: RedisSettings): RedisWay {
  const client = given as Loose;
  if (!isObject(given)) throw unknownClient();
  if (client.isCluster === true) return readIoCluster(client, settings);
  if (typeof client.status === 'string' && isObject(client.options)) return readIo(client.options, settings);
  if (typeof client.duplicate !== 'function') throw unknownClient();
  if (typeof client.getSentinelNode === 'function') return readNodeSentinel(hiddenOptions(client), settings);
  if (typeof client.nodeClient === 'function') return readNodeCluster(hiddenOptions(client), settings);
  if (typeof client.sendCommand === 'function') return readNodeClient(client.options ?? {}, settings);
  throw unknownClient();
}

interface Pool {
  execute<T>(use: (client: { readonly options?: object }) => T): Promise<T>;
}

function isPool(given: unknown): given is Pool {
  return isObject(given) && typeof given.execute === 'function' && typeof given.totalClients === 'number';
}

/** The options of pools. A pool has to give a connection for them, so it is asked once. */
const poolOptions = new WeakMap<Pool, object>();

async function optionsOfPool(pool: Pool): Promise<object> {
  try {
    const options = poolOptions.get(pool) ?? (await pool.execute(({ options: found }) => found ?? {}));
    poolOptions.set(pool, options);
    return options;
  } catch (error) {
    throw new UnavailableError(
      'CONNECT_FAILED',
      'The pool that redis was given is not connected, or has no connection to show its options.',
      error,
    );
  }
}

/**
 * Returns the options of a client that shows them nowhere. Its `duplicate` gives them to the constructor of its own
 * class, for which another one stands here.
 */
function hiddenOptions(client: Loose): Loose {
  let options: unknown;
  class Probe {
    constructor(given: unknown) {
      options = given;
    }
  }
  const probe: unknown = Object.assign(Object.create(Probe.prototype), { _self: client._self ?? client });
  try {
    (client.duplicate as () => unknown).call(probe);
  } catch {
    // An earlier version, whose options stay hidden.
  }
  if (isObject(options)) return options;
  throw new ConfigError(
    'BAD_ARGUMENT',
    'redis cannot read the options of this client of @redis/client. Give it the addresses, or a client of version 5 or newer.',
  );
}

function readNodeClient(given: unknown, settings: RedisSettings): RedisWay {
  const { address, ask } = nodeServer(given as Loose, {});
  return wayTo({ addresses: [address], master: undefined }, address, settings, ask);
}

function readNodeCluster(options: Loose, settings: RedisSettings): RedisWay {
  refuse(options, 'nodeAddressMap');
  const defaults = orEmpty(options.defaults);
  const servers = listOf(options.rootNodes).map((each) => nodeServer(orEmpty(each), defaults));
  const [first] = servers;
  if (!first) throw missing('rootNodes');
  const { address: login, ask } = first;
  return wayTo({ addresses: servers.map(({ address }) => address), master: undefined }, login, settings, ask);
}

function readNodeSentinel(options: Loose, settings: RedisSettings): RedisWay {
  refuse(options, 'nodeAddressMap');
  refuse(orEmpty(options.sentinelClientOptions), 'credentialsProvider', 'sentinelClientOptions.credentialsProvider');
  const sentinels = listOf(options.sentinelRootNodes).map((each) => {
    const { address } = nodeServer({ socket: each }, orEmpty(options.sentinelClientOptions));
    return { ...address, port: Number(orEmpty(each).port ?? SENTINEL_PORT), database: 0 };
  });
  const { address: login, ask } = nodeServer(orEmpty(options.nodeClientOptions), {});
  const { name } = options;
  if (typeof name !== 'string') throw missing('name');
  return wayTo({ addresses: sentinels, master: name }, login, settings, ask);
}

/** Reads the options of one server, of which some may stand in `defaults`. */
function nodeServer(given: Loose, defaults: Loose): { address: RedisAddress; ask: RedisWay['ask'] } {
  const all = { ...defaults, ...given };
  const socket = { ...orEmpty(defaults.socket), ...orEmpty(given.socket) };
  refuse(socket, 'path', 'socket.path');
  const { host = 'localhost', port, tls } = socket;
  const { username, password, database, url } = all;
  const read = typeof url === 'string' ? readAddresses(url).addresses[0] : undefined;
  const more = Object.entries(socket).filter(([name]) => !OWN_OPTIONS.has(name));
  const net = more.filter(([name]) => NET_OPTIONS.has(name));
  const tlsOptions = Object.fromEntries(more.filter(([name]) => !NET_OPTIONS.has(name)));
  const address: RedisAddress = {
    host: read?.host ?? String(host),
    port: read?.port ?? Number(port ?? 6_379),
    username: read?.username ?? textOr(username),
    password: read?.password ?? textOr(password),
    database: read?.database || Number(database ?? 0),
    tls: (tls === true || read?.tls === true) && (Object.keys(tlsOptions).length > 0 ? tlsOptions : true),
    ...(net.length > 0 && { socket: Object.fromEntries(net) }),
  };
  return { address, ask: askOf(all.credentialsProvider) };
}

/** Returns the function that asks a provider of `@redis/client` for credentials. */
function askOf(given: unknown): RedisWay['ask'] {
  if (!isObject(given)) return undefined;
  const provider = given as {
    type?: unknown;
    credentials?(): Promise<Loose>;
    subscribe?(listener: object): Promise<unknown>;
  };
  if (provider.type === 'async-credentials-provider') return async () => loginOf(await provider.credentials?.());
  if (provider.type !== 'streaming-credentials-provider') throw foreign('credentialsProvider');
  return async () => {
    const ignore = (): void => undefined;
    const [credentials, subscription] = listOf(await provider.subscribe?.({ onNext: ignore, onError: ignore })) as [
      Loose?,
      { dispose?(): void }?,
    ];
    subscription?.dispose?.();
    return loginOf(credentials);
  };
}

function loginOf(credentials: Loose | undefined): Partial<RedisLogin> {
  return { username: textOr(credentials?.username), password: textOr(credentials?.password) };
}

function readIo(options: Loose, settings: RedisSettings): RedisWay {
  for (const name of ['path', 'natMap', 'Connector']) refuse(options, name);
  if (options.role === 'slave') throw foreign('role');
  const server = ioServer({}, options);
  if (!Array.isArray(options.sentinels)) return wayTo({ addresses: [server], master: undefined }, server, settings);
  const { name, sentinelUsername, sentinelPassword, sentinelTLS, enableTLSForSentinelMode } = options;
  const login = enableTLSForSentinelMode === true ? server : { ...server, tls: false };
  if (typeof name !== 'string') throw missing('name');
  const addresses = options.sentinels.map((each) => ({
    ...ioServer(orEmpty(each), {}, SENTINEL_PORT),
    username: textOr(sentinelUsername),
    password: textOr(sentinelPassword),
    tls: tlsOf(sentinelTLS),
  }));
  return wayTo({ addresses, master: name }, login, settings);
}

function readIoCluster(cluster: Loose, settings: RedisSettings): RedisWay {
  const options = orEmpty(cluster.options);
  for (const name of ['natMap', 'useSRVRecords']) refuse(options, name);
  const defaults = orEmpty(options.redisOptions);
  const addresses = listOf(cluster.startupNodes).map((each) => {
    if (typeof each !== 'string') return ioClusterServer(isObject(each) ? each : { port: each }, defaults);
    if (/^\d+$/.test(each)) return ioClusterServer({ port: each }, defaults);
    const [address] = readAddresses(/^redis/.test(each) ? each : `redis://${each}`).addresses;
    // An address without TLS says nothing about it.
    return ioClusterServer({ ...address, tls: address?.tls || undefined }, defaults);
  });
  const [login] = addresses;
  if (!login) throw missing('startupNodes');
  return wayTo({ addresses, master: undefined }, login, settings);
}

/** A Redis Cluster has only one database. */
function ioClusterServer(given: Loose, defaults: Loose): RedisAddress {
  return { ...ioServer(given, defaults), database: 0 };
}

function ioServer(given: Loose, defaults: Loose, portElse = 6_379): RedisAddress {
  const { host, port, username, password, db, tls } = { ...defaults, ...definedOf(given) };
  return {
    host: String(host ?? '127.0.0.1'),
    port: Number(port ?? portElse),
    username: textOr(username),
    password: textOr(password),
    database: Number(db ?? 0),
    tls: tlsOf(tls),
  };
}

function tlsOf(given: unknown): boolean | ConnectionOptions {
  if (!isObject(given)) return given === true;
  return Object.keys(given).length > 0 ? (given as ConnectionOptions) : true;
}

/** Refuses an option that Naru cannot take over. */
function refuse(options: Loose, name: string, shownName = name): void {
  const value = options[name];
  if (value !== undefined && value !== null && value !== false) throw foreign(shownName);
}

function foreign(name: string): ConfigError {
  return new ConfigError(
    'BAD_ARGUMENT',
    `redis cannot take over the option "${name}" of the client that it was given. Give it the addresses instead.`,
  );
}

function missing(name: string): ConfigError {
  return new ConfigError('BAD_ARGUMENT', `redis was given a client without the option "${name}".`);
}

function unknownClient(): ConfigError {
  return new ConfigError(
    'BAD_ARGUMENT',
    'redis needs an address such as "redis://localhost:6379", a client of @redis/client or ioredis, or a function that returns one.',
  );
}

function isObject(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null;
}

function orEmpty(value: unknown): Loose {
  return isObject(value) ? value : {};
}

function textOr(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
