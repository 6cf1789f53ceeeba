/**
 * The list of everything that was revoked. The store of the backplane has it, with numbers, and all nodes read it. A
 * node looks at the newest number before it admits a client, and every quarter of a second while it has clients.
 */
import { createHash } from 'node:crypto';
import type { Backplane, KeyValueStore } from 'naru/backplane';
import { MemoryStore } from 'naru/backplane';
import { type Clock, type Random, shown, type Timer, UnavailableError, unreferenced, within } from 'naru/base';
import { refusal } from './refusal.js';
import { AHEAD_MS, LEEWAY_MAX_MS } from './token.js';

/** Something that is revoked. Everything that a token or a session had by then is over. */
export interface Revocation {
  readonly type: 'user' | 'session' | 'token';
  /** The user, the `socket.id`, or the digest of the id of a token or of the token itself. */
  readonly name: string;
  /** When it was revoked, in milliseconds since the Unix epoch. */
  readonly at: number;
}

/** Whether something that another process has written is a revocation. */
export function isRevocation(given: unknown): given is Revocation {
  const { type, name, at } = (given ?? {}) as Partial<Record<keyof Revocation, unknown>>;
  return (type === 'user' || type === 'session' || type === 'token') && typeof name === 'string' && Number.isFinite(at);
}

/** The surroundings of the revocations. */
export interface RevocationParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly backplane: Backplane | undefined;
  /** Called once for each revocation that this node learns of. */
  onRevoked(revocation: Revocation): void;
  onError(error: unknown): void;
}

/** The settings of the revocations. */
export interface RevocationSettings {
  /** The longest life of a token in milliseconds. */
  readonly lifetimeMax: number;
  /** The most revocations that are kept. */
  readonly revocationsMax: number;
}

/** The newest number, with a mark of the process that gave it. */
const NEWEST = 'guard-newest';
const PREFIX = 'guard-revoked ';
const DIGITS = 15;
/** The numbers of a page differ in their last digits only, so a list by prefix finds a page. */
const PAGE_DIGITS = 3;
const PAGE = 10 ** PAGE_DIGITS;
const LOOK_MS = 250;
/** Milliseconds after which what a node knows counts, if its store is away. */
const AWAY_WAIT_MS = 1_000;
/** Milliseconds that a client waits for a store that is there, and after which a reading is begun anew. */
const WAIT_MS = 5_000;
const RETRY_AFTER_MS = 1_000;
/** A revocation is kept for this long at least. */
const KEPT_MIN_MS = 3_600_000;
/** Milliseconds between two looks for revocations that are no longer kept. */
const FORGET_EVERY_MS = 60_000;

const padded = (number: number): string => `${number}`.padStart(DIGITS, '0');
/** Names that sort by their number. */
const keyOf = (number: number): string => PREFIX + padded(number);

/** A compact JWS, whose signature may be written in several ways. RFC 7515, section 7.1. */
const COMPACT = /^(eyJ[\w-]*\.[\w-]+)\.[\w-]/;

/** Returns the name of a token in the list. Nobody can use what the list has. */
export function digestOf(token: string): string {
  const signed = COMPACT.exec(token)?.[1] ?? token;
  return createHash('sha256').update(signed).digest('base64url');
}

/** The revocations that count now. */
export class Revocations {
  readonly #parts: RevocationParts;
  readonly #store: KeyValueStore;
  readonly #keptMs: number;
  readonly #countMax: number;
  /** When each thing was revoked, by type and name. */
  readonly #known = new Map<string, number>();
  /** When each entry of the list was made, by its number. Readings overlap, so several may find the same entry. */
  readonly #entries = new Map<number, number>();
  /** The text of `NEWEST` that this node has read on to, its number, and the entry with this number. */
  #newest: string | undefined = undefined;
  #number = 0;
  #last: string | undefined = undefined;
  #hasRead = false;
  #reading: Promise<void> | undefined = undefined;
  #next: Promise<void> | undefined = undefined;
  #timer: Timer | undefined = undefined;
  /** When it is looked again for revocations that are no longer kept. */
  #forgetAt = 0;

  constructor(parts: RevocationParts, { lifetimeMax, revocationsMax }: RevocationSettings) {
    this.#parts = parts;
    this.#store = parts.backplane?.store ?? new MemoryStore(parts.clock);
    // A token may be issued ahead of our clock, and be accepted after its end.
    this.#keptMs = Math.max(lifetimeMax + AHEAD_MS + LEEWAY_MAX_MS, KEPT_MIN_MS);
    this.#countMax = revocationsMax;
  }

  /**
   * Revokes something. Resolves when the store has it. Rejects with UnavailableError if the store does not take it, or
   * if `revocationsMax` revocations are kept already.
   */
  async revoke(type: Revocation['type'], name: string): Promise<Revocation> {
    await this.#readOn();
    if (this.#entries.size >= this.#countMax) {
      const what = `${this.#entries.size} revocations are kept already (revocationsMax)`;
      throw new UnavailableError('REFUSED', what);
    }
    const revocation: Revocation = { type, name, at: this.#parts.clock.now() };
    const text = JSON.stringify({ ...revocation, id: this.#parts.random.id() });
    for (let number = this.#number + 1; ; number += 1) {
      const { swapped } = await this.#store.swap(keyOf(number), undefined, text, this.#keptMs);
      // The process that took this number may have ended before it said so.
      await this.#announce(number);
      if (swapped) break;
    }
    await this.#readOn();
    return revocation;
  }

  /** Says that a number is taken. */
  async #announce(number: number): Promise<void> {
    let expected = await this.#store.get(NEWEST);
    while (numberOf(expected) < number) {
      const text = `${number} ${this.#parts.random.id()}`;
      const { swapped, value } = await this.#store.swap(NEWEST, expected, text);
      if (swapped) return;
      expected = value;
    }
  }

  /**
   * Resolves when this node knows everything that was revoked before the call. If the store cannot be reached, what the
   * node knows counts. Rejects with a refusal if the node has never read the list, or not in time.
   */
  async refresh(): Promise<void> {
    const { clock, backplane } = this.#parts;
    // A reading that has begun may have missed what was revoked since.
    if (this.#reading) this.#next ??= this.#reading.catch(() => undefined).then(() => this.#start());
    let isDone = false;
    const reading = (this.#next ?? this.#start()).then(() => {
      isDone = true;
    });
    const isAway = (): boolean => (backplane?.state ?? 'up') !== 'up';
    await within(clock, reading, isAway() && this.#hasRead ? AWAY_WAIT_MS : WAIT_MS);
    if (!this.#hasRead || !(isDone || isAway()))
      throw refusal('UNAVAILABLE', 'The token could not be checked in time', RETRY_AFTER_MS);
  }

  /** Looks for revocations all the time, until `rest`. */
  watch(): void {
    if (this.#timer === undefined) this.#look();
  }

  /** Ends `watch`. */
  rest(): void {
    if (this.#timer !== undefined) this.#parts.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Whether a token is revoked: itself, or its user since it was issued. */
  hasToken(user: string, issuedAt: number, digests: readonly string[]): boolean {
    const at = this.#at('user', user);
    return (at !== undefined && issuedAt <= at) || digests.some((digest) => this.#at('token', digest) !== undefined);
  }

  /** Whether a session is revoked. */
  hasSession(id: string): boolean {
    return this.#at('session', id) !== undefined;
  }

  /** Takes what was revoked here or on another node. */
  take(revocation: Revocation): void {
    const { type, name, at } = revocation;
    const key = `${type} ${name}`;
    const before = this.#known.get(key);
    if (before !== undefined && before >= at) return;
    this.#known.set(key, at);
    this.#parts.onRevoked(revocation);
  }

  #at(type: Revocation['type'], name: string): number | undefined {
    const at = this.#known.get(`${type} ${name}`);
    return at !== undefined && at + this.#keptMs > this.#parts.clock.now() ? at : undefined;
  }

  #look(): void {
    const look = async (): Promise<void> => {
      await this.refresh().catch(() => undefined);
      // Otherwise `rest` was called meanwhile, and `watch` perhaps too.
      if (this.#timer === timer) this.#look();
    };
    const timer = unreferenced(this.#parts.clock.setTimeout(() => void look(), LOOK_MS, undefined));
    this.#timer = timer;
  }

  /** Reads on. An error is reported, and what this node knows counts until the next reading. */
  #start(): Promise<void> {
    this.#next = undefined;
    const { clock, onError } = this.#parts;
    const reading = this.#readOn();
    reading.catch(onError);
    // A store that never answers must not end all later readings.
    this.#reading = within(clock, reading, WAIT_MS).then((outcome) => {
      this.#reading = undefined;
      if (!outcome) throw new UnavailableError('TIMEOUT', 'the list of the revocations was not read');
    });
    this.#reading.catch(() => undefined);
    return this.#reading;
  }

  async #readOn(): Promise<void> {
    this.#forgetOld();
    const before = this.#number;
    const newest = await this.#store.get(NEWEST);
    if (this.#hasRead && newest === this.#newest) return;
    const number = numberOf(newest);
    const isSame = this.#hasRead && number >= before && (await this.#isSameList());
    if (!isSame) await this.#readAll(number);
    else if (number - this.#number < PAGE / 10)
      for (let at = this.#number + 1; at <= number; at += 1) this.#learn(at, await this.#store.get(keyOf(at)));
    else await this.#readPages(this.#number + 1, number);
    const last = await this.#store.get(keyOf(number));
    // A reading that began later may have come further.
    if (isSame && number < this.#number) return;
    this.#newest = newest;
    this.#number = number;
    this.#last = last;
    this.#hasRead = true;
  }

  /** Whether the entries that were read still stand. A store that lost its newest ones gives their numbers again. */
  async #isSameList(): Promise<boolean> {
    const known = this.#last;
    const last = await this.#store.get(keyOf(this.#number));
    return last === undefined || last === known;
  }

  async #readAll(number: number): Promise<void> {
    this.#entries.clear();
    await this.#readPages(1, number);
  }

  /** Reads the entries from the newest page back to the first one that is empty. Entries go by age. */
  async #readPages(from: number, to: number): Promise<void> {
    const pages: (readonly (readonly [string, string])[])[] = [];
    for (let page = Math.floor(to / PAGE); page >= Math.floor(from / PAGE); page -= 1) {
      const entries = await this.#store.list(PREFIX + padded(page * PAGE).slice(0, -PAGE_DIGITS), PAGE);
      if (entries.length === 0) break;
      pages.unshift(entries);
    }
    for (const [key, text] of pages.flat()) {
      const number = Number(key.slice(PREFIX.length));
      if (number >= from && number <= to) this.#learn(number, text);
    }
  }

  /** Takes a text of the list. An entry is missing when its time is over. One that cannot be read is reported. */
  #learn(number: number, text: string | undefined): void {
    if (text === undefined) return;
    try {
      const given: unknown = JSON.parse(text);
      if (!isRevocation(given))
        throw new UnavailableError('IO_FAILED', `entry ${number} of the guard is not a revocation: ${shown(given)}`);
      this.#entries.set(number, given.at);
      this.take(given);
    } catch (error) {
      this.#parts.onError(error);
    }
  }

  #forgetOld(): void {
    const now = this.#parts.clock.now();
    const since = now - this.#keptMs;
    const [oldest = since] = this.#entries.values();
    if (now < this.#forgetAt && oldest >= since) return;
    this.#forgetAt = now + FORGET_EVERY_MS;
    for (const [number, at] of this.#entries) if (at < since) this.#entries.delete(number);
    // The list lacks those that another node has told.
    for (const [key, at] of this.#known) if (at < since) this.#known.delete(key);
  }
}

function numberOf(newest: string | undefined): number {
  return Number.parseInt(newest ?? '0', 10);
}
