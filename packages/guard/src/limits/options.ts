/** The options of the limits. */
import type { Handshake } from 'naru';
import {
  bytes,
  count,
  fn,
  join,
  milliseconds,
  type OptionsOf,
  objectWith,
  oneOf,
  options,
  readOptions,
  type SettingsOf,
  value,
} from 'naru/base';
import type { Rate } from './bucket.js';

/** The outcome of a limit that is reached: the event is refused, reading stops until there is room, or the end. */
export type LimitOutcome = 'refuse' | 'wait' | 'end';

const OUTCOMES: readonly LimitOutcome[] = ['refuse', 'wait', 'end'];

/** A rate as programs write it. A number is the rate and the burst. */
export type GivenRate =
  | number
  | {
      readonly perSecond: number;
      /** The most at once. @default one second */
      readonly burst?: number | undefined;
      /** The outcome when this limit is reached. @default the option `outcome` of all limits */
      readonly outcome?: LimitOutcome | undefined;
    };

function rate() {
  const isPositive = (given: unknown): boolean => typeof given === 'number' && given > 0 && Number.isFinite(given);
  return value<GivenRate>('a positive number, or { perSecond, burst, outcome } with positive numbers', (given) => {
    if (typeof given !== 'object' || given === null) return isPositive(given);
    const { perSecond, burst, outcome } = given as { perSecond?: unknown; burst?: unknown; outcome?: unknown };
    const isBurst = burst === undefined || (isPositive(burst) && (burst as number) >= 1);
    return isPositive(perSecond) && isBurst && (outcome === undefined || OUTCOMES.includes(outcome as LimitOutcome));
  });
}

/** Names the person behind a client for its limits. */
export type UserOf = (handshake: Handshake) => string | undefined;

/** The table of the limits of one socket, one person or one address. */
export const scopeTable = options('limits.socket', {
  /** Events for the listeners of the program, and events that a client publishes to rooms. */
  events: rate(),
  /** Sizes of messages: bytes, or characters of texts. */
  bytes: rate(),
  /** Rooms that a client asks to join. */
  subscribe: rate(),
  /** Events that a client publishes to rooms. */
  publish: rate(),
  /** Requests for history. */
  history: rate(),
  /** Requests about presence. */
  presence: rate(),
});

/** The table of the limits that addresses have alone. */
export const connectsTable = options('limits.address', {
  /** Connections of clients, each with all of its namespaces, also of those that go on with a session. */
  connects: rate(),
});

const addressRates = join(scopeTable, connectsTable);

/** The limits of one socket, or of one person. */
export interface ScopeLimits extends OptionsOf<typeof scopeTable> {}

/** The limits of one address. IPv6 addresses of one network (/64) count as one. */
export interface AddressLimits extends OptionsOf<typeof addressRates> {}

/** The kinds of use that a limit counts. */
export type Use = keyof typeof addressRates.entries;

/** The table of the bounds of the whole server. */
export const serverTable = options('limits.server', {
  /** Sessions at once. @default Infinity */
  sessionsMax: count(Number.POSITIVE_INFINITY),
  /** Memory of the process, as the system counts it. @default Infinity */
  memoryMax: bytes(Number.POSITIVE_INFINITY),
  /** Delay of the event loop, over about a second. @default Infinity */
  delayMax: milliseconds(Number.POSITIVE_INFINITY),
});

/** The bounds of one server. Beyond any of them, newcomers have to wait. */
export interface ServerLimits extends OptionsOf<typeof serverTable> {}

/** The bounds of one server, as the code reads them. */
export type ServerLimitSettings = SettingsOf<typeof serverTable>;

/** The table of the options of `limits`. */
export const limitsTable = options('limits', {
  /** Limits of each socket. */
  socket: objectWith<ScopeLimits>('an object of options', []),
  /**
   * Bounds of this server. Beyond any of them it is full: newcomers are told when to come back, and clients that go on
   * with their session are let in.
   */
  server: objectWith<ServerLimits>('an object of options', []),
  /** Limits of each person, for all of their sockets on all servers together. */
  user: objectWith<ScopeLimits>('an object of options', []),
  /** Limits of each address, for all of its sockets on this server, and for connects. */
  address: objectWith<AddressLimits>('an object of options', []),
  /** Limits of events by their names, for each person. They count for each socket of a client without a person. */
  byEvent: objectWith<Readonly<Record<string, GivenRate>>>('an object of options', []),
  /** The outcome when a limit is reached. @default "refuse" */
  outcome: oneOf<LimitOutcome, 'refuse'>(OUTCOMES, 'refuse'),
  /**
   * Names the persons of a server without tokens, with at most 200 characters. With tokens, they are the users of the
   * tokens.
   */
  userOf: fn<UserOf>(),
  /** Addresses or networks of proxies, such as `loopback`, whose `X-Forwarded-For` is believed. @default nobody */
  trustProxy: value<string | readonly string[]>(
    'a text, or a list of texts',
    (given) => typeof given === 'string' || (Array.isArray(given) && given.every((each) => typeof each === 'string')),
  ),
  /** The most persons and addresses whose use is remembered after their last socket. @default 100000 */
  addressesMax: count(100_000),
});

/** The options of `limits`. */
export interface LimitOptions extends OptionsOf<typeof limitsTable> {}

/** Rates by what they count: a use, or the events of one name. */
export type Rates = ReadonlyMap<string, Rate & { readonly outcome?: LimitOutcome | undefined }>;

/** Returns what counts the events of one name. */
export function usesOf(event: string): string {
  return `event ${event}`;
}

/** The limits as the code reads them. */
export interface LimitSettings {
  readonly server: ServerLimitSettings | undefined;
  readonly socket: Rates;
  readonly user: Rates;
  readonly address: Rates;
  /** The names of the events with limits of their own. */
  readonly events: ReadonlySet<string>;
  readonly userOf: UserOf | undefined;
  readonly outcome: LimitOutcome;
  readonly trustProxy: readonly string[];
  readonly addressesMax: number;
}

/** Reads the limits. Throws ConfigError for wrong ones. */
export function readLimits(given: LimitOptions): LimitSettings {
  const {
    socket,
    server,
    user,
    address,
    byEvent = {},
    userOf,
    outcome,
    trustProxy = [],
    addressesMax,
  } = readOptions(limitsTable, given);
  const event = rate();
  const names = Object.fromEntries(Object.keys(byEvent).map((name) => [name, event]));
  const events = ratesOf(readOptions(options('limits.byEvent', names), byEvent), usesOf);
  return {
    server: server && readOptions(serverTable, server, 'limits.server'),
    socket: new Map([...ratesOf(readOptions(scopeTable, socket, 'limits.socket')), ...events]),
    user: new Map([...ratesOf(readOptions(scopeTable, user, 'limits.user')), ...events]),
    address: ratesOf(readOptions(addressRates, address, 'limits.address')),
    events: new Set(Object.keys(byEvent)),
    userOf,
    outcome,
    trustProxy: typeof trustProxy === 'string' ? [trustProxy] : trustProxy,
    addressesMax,
  };
}

function ratesOf(
  given: Readonly<Record<string, GivenRate | undefined>> | object,
  nameOf = (name: string) => name,
): Map<string, Rate & { outcome?: LimitOutcome | undefined }> {
  const rates = new Map<string, Rate & { outcome?: LimitOutcome | undefined }>();
  for (const [name, rate] of Object.entries(given) as [string, GivenRate | undefined][]) {
    if (rate === undefined) continue;
    const {
      perSecond,
      burst = Math.max(1, perSecond),
      outcome,
    } = typeof rate === 'number' ? { perSecond: rate } : rate;
    rates.set(nameOf(name), { perSecond, burst, outcome });
  }
  return rates;
}
