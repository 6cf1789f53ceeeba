/** The options of the NATS backplane, and the addresses of its servers. */
import {
  bytes,
  type Clock,
  ConfigError,
  count,
  fn,
  milliseconds,
  type OptionsOf,
  objectWith,
  options,
  readOptions,
  type SettingsOf,
  secret,
  shown,
  switched,
  systemClock,
  text,
} from 'naru/base';

/** The table of the options of TLS to NATS. */
export const natsTlsTable = options('nats.tls', {
  /** File with the certificates of the authorities that are trusted. @default those of Node */
  caFile: text(undefined),
  /** File with the certificate of this node. @default none */
  certFile: text(undefined),
  /** File with the key of that certificate. @default none */
  keyFile: text(undefined),
});

/** Options of TLS to NATS. */
export interface NatsTlsOptions extends OptionsOf<typeof natsTlsTable> {}

/** The table of what the option `credentials` of `nats` gives. */
export const natsCredentialsTable = options('nats.credentials', {
  /** User of the login. @default none */
  user: text(undefined),
  /** Password of the user. @default none */
  password: secret(text(undefined)),
  /** Token of the login. @default none */
  token: secret(text(undefined)),
  /** Text of a file with a JWT and its seed. @default none */
  creds: secret(text(undefined)),
  /**
   * When the credentials end, in milliseconds since 1970. Naru asks for others before that.
   * @default never (whole number, 0 or more)
   */
  expiresAt: count(undefined, { min: 0 }),
});

/** Credentials for NATS, and when they end. */
export interface NatsCredentials extends OptionsOf<typeof natsCredentialsTable> {}

/** The table of the options of `nats`. */
export const natsTable = options('nats', {
  /**
   * Name of the application. Applications with different names share a NATS without seeing each other. @default "naru"
   */
  app: text('naru', 'up to 32 letters, digits, "-" and "_"', /^[A-Za-z0-9_-]{1,32}$/),
  /** User of the login. An address may also name it. @default none */
  user: text(undefined),
  /** Password of the login. @default none */
  password: secret(text(undefined)),
  /** Token of the login. @default none */
  token: secret(text(undefined)),
  /** Path of a file with a JWT and its seed. @default none */
  credsFile: text(undefined),
  /** Seed of an nkey. @default none */
  nkeySeed: secret(text(undefined)),
  /**
   * Gives the login, in place of the options above. It is called before each connection, and before the credentials
   * end. For passwords and tokens that end.
   */
  credentials: fn<() => NatsCredentials | Promise<NatsCredentials>>(),
  /** Whether connections use TLS, or how. @default false */
  tls: switched<NatsTlsOptions, typeof natsTlsTable>(natsTlsTable, false),
  /**
   * Number of servers that keep each record. An existing stream keeps its number. @default 1 (positive whole number, at
   * most 5)
   */
  replicas: count(1, { max: 5 }),
  /** Age up to which records are kept. @default 604800000 */
  ageMs: milliseconds(7 * 24 * 60 * 60 * 1_000, { max: Number.POSITIVE_INFINITY }),
  /** Bytes of records that a namespace keeps. @default 1073741824 */
  bytes: bytes(1024 ** 3),
  /** Source of time, for tests. @default the machine's clock */
  clock: objectWith<Clock, Clock>('a clock, such as a FakeClock of @naru/testing', ['now', 'setTimeout'], systemClock),
});

/** Options of a NATS backplane. */
export interface NatsOptions extends OptionsOf<typeof natsTable> {}

/** Options with their defaults in place, and the servers as "host:port". */
export interface NatsSettings extends SettingsOf<typeof natsTable> {
  readonly servers: readonly string[];
  /** Text of a file with a JWT and its seed, which a program gives. */
  readonly creds?: string | undefined;
}

const PORT = 4222;

/** Checks addresses and options. Throws ConfigError for invalid ones. */
export function readSettings(addresses: string | readonly string[], given: NatsOptions): NatsSettings {
  const settings = readOptions(natsTable, given);
  const list = typeof addresses === 'string' ? addresses.split(',') : addresses;
  if (!Array.isArray(list)) throw badAddress(shown(list));
  const urls = list.map(readAddress);
  if (urls.length === 0) throw badAddress('an empty list');
  const first = urls[0] as URL;
  // In an address, a user without a password is a token.
  const user = decode(first.username) || undefined;
  const password = decode(first.password) || undefined;
  const isTls = urls.some(({ protocol }) => protocol === 'tls:');
  return {
    ...settings,
    user: settings.user ?? (password === undefined ? undefined : user),
    password: settings.password ?? password,
    token: settings.token ?? (password === undefined ? user : undefined),
    tls: settings.tls ?? (isTls ? readOptions(natsTlsTable, {}) : undefined),
    servers: urls.map(({ hostname, port }) => `${hostname}:${port || PORT}`),
  };
}

function readAddress(address: string): URL {
  if (typeof address !== 'string' || !/^(nats|tls):\/\/./.test(address.trim())) throw badAddress(shownAddress(address));
  try {
    return new URL(address.trim());
  } catch {
    throw badAddress(shownAddress(address));
  }
}

/** Describes an address that cannot be read, without its password. */
function shownAddress(given: unknown): string {
  return shown(typeof given === 'string' ? given.replace(/^([a-z+]+:\/\/)?.*@/is, '$1...@') : given);
}

/** Returns a part of an address with its escapes resolved, or as it is if they are not valid. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function badAddress(got: string): ConfigError {
  return new ConfigError(
    'BAD_ARGUMENT',
    `The address of NATS must be a URL such as "nats://localhost:4222", got ${got}.`,
  );
}
