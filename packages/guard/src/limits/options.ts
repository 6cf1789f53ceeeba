/** The options of the limits. */
import { count, join, type OptionsOf, objectWith, oneOf, options, readOptions, value } from 'naru/base';
import type { Rate } from './bucket.js';

/** A rate as programs write it. A number is the rate and the burst. The burst of a rate without one is one second. */
export type GivenRate = number | { readonly perSecond: number; readonly burst?: number | undefined };

/** The outcome of a limit that is reached: the event is refused, reading stops until there is room, or the end. */
export type LimitOutcome = 'refuse' | 'wait' | 'end';

function rate() {
  const isPositive = (given: unknown): boolean => typeof given === 'number' && given > 0 && Number.isFinite(given);
  return value<GivenRate>('a positive number, or { perSecond, burst } with positive numbers', (given) => {
    if (typeof given !== 'object' || given === null) return isPositive(given);
    const { perSecond, burst } = given as { perSecond?: unknown; burst?: unknown };
    return isPositive(perSecond) && (burst === undefined || (isPositive(burst) && (burst as number) >= 1));
  });
}

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
  /** Namespaces that clients join, also by going on with a session. */
  connects: rate(),
});

const addressRates = join(scopeTable, connectsTable);

/** The limits of one socket, or of one person. */
export interface ScopeLimits extends OptionsOf<typeof scopeTable> {}

/** The limits of one address. IPv6 addresses of one network (/64) count as one. */
export interface AddressLimits extends OptionsOf<typeof addressRates> {}

/** The kinds of use that a limit counts. */
export type Use = keyof typeof addressRates.entries;

/** The table of the options of `limits`. */
export const limitsTable = options('limits', {
  /** Limits of each socket. */
  socket: objectWith<ScopeLimits>('an object of options', []),
  /** Limits of each person, for all of their sockets on this server. */
  user: objectWith<ScopeLimits>('an object of options', []),
  /** Limits of each address, for all of its sockets on this server, and for connects. */
  address: objectWith<AddressLimits>('an object of options', []),
  /** Limits of events by their names, for each socket. */
  byEvent: objectWith<Readonly<Record<string, GivenRate>>>('an object of options', []),
  /** The outcome when a limit is reached. @default "refuse" */
  outcome: oneOf<LimitOutcome, 'refuse'>(['refuse', 'wait', 'end'], 'refuse'),
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

/** Rates by use. */
export type Rates = ReadonlyMap<Use, Rate>;

/** The limits as the code reads them. */
export interface LimitSettings {
  readonly socket: Rates;
  readonly user: Rates;
  readonly address: Rates;
  readonly byEvent: ReadonlyMap<string, Rate>;
  readonly outcome: LimitOutcome;
  readonly trustProxy: readonly string[];
  readonly addressesMax: number;
}

/** Reads the limits. Throws ConfigError for wrong ones. */
export function readLimits(given: LimitOptions): LimitSettings {
  const {
    socket,
    user,
    address,
    byEvent = {},
    outcome,
    trustProxy = [],
    addressesMax,
  } = readOptions(limitsTable, given);
  const event = rate();
  const names = Object.fromEntries(Object.keys(byEvent).map((name) => [name, event]));
  return {
    socket: ratesOf(readOptions(scopeTable, socket, 'limits.socket')),
    user: ratesOf(readOptions(scopeTable, user, 'limits.user')),
    address: ratesOf(readOptions(addressRates, address, 'limits.address')),
    byEvent: ratesOf(readOptions(options('limits.byEvent', names), byEvent)),
    outcome,
    trustProxy: typeof trustProxy === 'string' ? [trustProxy] : trustProxy,
    addressesMax,
  };
}

function ratesOf<Name extends string>(given: Readonly<Partial<Record<Name, GivenRate | undefined>>>): Map<Name, Rate> {
  const rates = new Map<Name, Rate>();
  for (const [name, rate] of Object.entries(given) as [Name, GivenRate | undefined][]) {
    if (rate === undefined) continue;
    const { perSecond, burst = Math.max(1, perSecond) } = typeof rate === 'number' ? { perSecond: rate } : rate;
    rates.set(name, { perSecond, burst });
  }
  return rates;
}
