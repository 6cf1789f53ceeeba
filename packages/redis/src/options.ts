/** The options of `redis`, and the addresses of the servers. */
import type { ConnectionOptions } from 'node:tls';
import {
  bytes,
  type Clock,
  ConfigError,
  count,
  flag,
  fn,
  milliseconds,
  type OptionsOf,
  objectWith,
  options,
  type SettingsOf,
  secret,
  shown,
  systemClock,
  text,
  value,
} from 'naru/base';

/** The table of what the option `credentials` of `redis` gives. */
export const redisCredentialsTable = options('redis.credentials', {
  /** User of the access control list. @default Redis' user "default" */
  username: text(undefined),
  /** Password of the user, or a token. @default none */
  password: secret(text(undefined)),
  /**
   * When the credentials end, in milliseconds since 1970. Naru asks for others before that.
   * @default never (whole number, 0 or more)
   */
  expiresAt: count(undefined, { min: 0 }),
});

/** Credentials for Redis, and when they end. */
export interface RedisCredentials extends OptionsOf<typeof redisCredentialsTable> {}

/** The table of the options of `redis`. */
export const redisTable = options('redis', {
  /**
   * First part of all keys and channels. Clusters of nodes that share a Redis without sharing events need different
   * ones. @default "naru"
   */
  prefix: text('naru', 'text without braces and spaces', /^[^{}\s]+$/),
  /** User of the access control list. @default the one in the address, or Redis' user "default" */
  username: text(undefined),
  /** Password of the user. @default the one in the address */
  password: secret(text(undefined)),
  /**
   * Gives the credentials, in place of `username` and `password`. It is called before each connection, and before the
   * credentials end. For passwords and tokens that end, such as those of managed servers.
   */
  credentials: fn<() => RedisCredentials | Promise<RedisCredentials>>(),
  /** User at the Sentinels, if they ask for one. */
  sentinelUsername: text(undefined),
  /** Password at the Sentinels, if they ask for one. */
  sentinelPassword: secret(text(undefined)),
  /** Number of the database. A Redis Cluster has only number 0. @default 0 (whole number, 0 or more) */
  database: count(undefined, { min: 0 }),
  /**
   * Whether connections use TLS, or the options of `tls.connect` for them. @default true for addresses with `rediss:`
   */
  tls: value<boolean | ConnectionOptions>(
    'true, false or options of tls.connect',
    (given) => typeof given === 'boolean' || (typeof given === 'object' && given !== null),
  ),
  /**
   * Whether Redis keeps the log. With `false` it only carries messages between the servers, so that any Redis from 6.0
   * on will do. docs/clusters.md has what that gives up. @default true
   */
  log: flag(true),
  /** Number of replicas that must have an event before it counts as stored. @default 0 (whole number, 0 or more) */
  wait: count(0, { min: 0 }),
  /** Age up to which records are kept. @default 604800000 */
  ageMs: milliseconds(7 * 24 * 60 * 60 * 1_000, { max: Number.POSITIVE_INFINITY }),
  /** Bytes of records that a namespace keeps. They take memory of Redis. @default 67108864 */
  bytes: bytes(64 * 1024 ** 2),
  /** Source of time for waiting and retrying, for tests. Redis has a clock of its own. @default the machine's clock */
  clock: objectWith<Clock, Clock>('a clock, such as a FakeClock of @naru/testing', ['now', 'setTimeout'], systemClock),
});

/** Options of a backplane on Redis. */
export interface RedisOptions extends OptionsOf<typeof redisTable> {}

/** Options with their defaults in place. */
export interface RedisSettings extends SettingsOf<typeof redisTable> {}

/** The way to one server. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  readonly tls: boolean | ConnectionOptions;
  /** Further options of the socket, from a client that a program has given. */
  readonly socket?: Readonly<Record<string, unknown>>;
}

/** The servers to ask: servers of Redis itself, or Sentinels that know which server is the master. */
export interface RedisTarget {
  readonly addresses: readonly RedisAddress[];
  /** The name of the master at the Sentinels, `undefined` if the addresses are those of Redis. */
  readonly master: string | undefined;
}

/** The login at a server that Sentinels have named. */
export type RedisLogin = Omit<RedisAddress, 'host' | 'port'>;

/** The servers, and how to log in there. */
export interface RedisWay {
  readonly target: RedisTarget;
  readonly login: RedisLogin;
  /** Gives the user and the password anew for each uplink, in place of those of the login. */
  readonly ask?: (() => Promise<Partial<RedisLogin>>) | undefined;
}

const REDIS_PORT = 6_379;
/** The port of Sentinels, if an address does not say another one. */
export const SENTINEL_PORT = 26_379;
const EXAMPLE =
  'such as "redis://localhost:6379", "rediss://user:password@host" or "redis+sentinel://host:26379/mymaster"';

/** Reads addresses, and returns the way to their servers. Throws a ConfigError for anything else. */
export function readWay(given: unknown, settings: RedisSettings): RedisWay {
  const { username, password, database = 0 } = settings;
  const target = readTarget(given, settings);
  const [{ tls } = { tls: false }] = target.addresses;
  return { target, login: { username, password, database, tls } };
}

/** Reads addresses alone. */
export function readAddresses(given: unknown): RedisTarget {
  return readTarget(given, {});
}

/** Returns a way on which options come before what was read elsewhere. The host and the port of `read` do not count. */
export function wayTo(
  { addresses, master }: RedisTarget,
  { host: _host, port: _port, ...read }: RedisAddress,
  { username, password, database, tls, sentinelUsername, sentinelPassword }: RedisSettings,
  ask?: RedisWay['ask'],
): RedisWay {
  const given = { username, password, database, tls };
  const login = { ...read, ...definedOf(given) };
  const sentinel = definedOf({ username: sentinelUsername, password: sentinelPassword, tls });
  const isAsked = username === undefined && password === undefined;
  const change = master === undefined ? definedOf(given) : sentinel;
  return {
    target: { addresses: addresses.map((address) => ({ ...address, ...change })), master },
    login,
    ask: isAsked ? ask : undefined,
  };
}

/** Returns the properties that have a value. */
export function definedOf<T extends object>(values: T): Partial<{ [Name in keyof T]: Exclude<T[Name], undefined> }> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as ReturnType<
    typeof definedOf<T>
  >;
}

function readTarget(given: unknown, settings: Partial<RedisSettings>): RedisTarget {
  const all: readonly unknown[] = Array.isArray(given) ? given : [given];
  const read = all.map((each) => readAddress(each, settings));
  const [first] = read;
  if (!first) throw new ConfigError('BAD_ARGUMENT', `redis needs at least one address, ${EXAMPLE}.`);
  const { master } = first;
  if (read.some((each) => each.master !== master))
    throw new ConfigError(
      'BAD_ARGUMENT',
      'All addresses of redis must be of one kind, and Sentinels must name one master.',
    );
  return { addresses: read.map(({ address }) => address), master };
}

function readAddress(
  given: unknown,
  settings: Partial<RedisSettings>,
): { readonly address: RedisAddress; readonly master: string | undefined } {
  const url = parse(given);
  const [, secure, sentinel] = /^redis(s?)(\+sentinel)?:$/.exec(url?.protocol ?? '') ?? [];
  const path = decode(url?.pathname.slice(1));
  if (!url || secure === undefined || url.hostname === '' || !(sentinel ? path : /^\d{0,9}$/.test(path ?? '-')))
    throw new ConfigError('BAD_ARGUMENT', `redis needs an address ${EXAMPLE}, got ${shownAddress(given)}.`);
  const { username, password, tls, database, sentinelUsername, sentinelPassword } = settings;
  return {
    address: {
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: Number(url.port) || (sentinel ? SENTINEL_PORT : REDIS_PORT),
      username: (sentinel ? sentinelUsername : username) ?? (decode(url.username) || undefined),
      password: (sentinel ? sentinelPassword : password) ?? (decode(url.password) || undefined),
      database: sentinel ? 0 : (database ?? Number(path)),
      tls: tls ?? secure === 's',
    },
    master: sentinel ? path : undefined,
  };
}

function parse(given: unknown): URL | undefined {
  return typeof given === 'string' && URL.canParse(given) ? new URL(given) : undefined;
}

function decode(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Describes an address that cannot be read, without its password. */
function shownAddress(given: unknown): string {
  return shown(typeof given === 'string' ? given.replace(/^([a-z+]+:\/\/)?.*@/is, '$1...@') : given);
}

/** Returns an address for messages. */
export function nameOf({ host, port }: Pick<RedisAddress, 'host' | 'port'>): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
