/**
 * The list of everything that was revoked. The store of the backplane has it, with numbers, and all nodes read it. A
 * node looks at the newest number before it admits a client, and every quarter of a second while it has clients.
 */
import { createHash } from 'node:crypto';
import type { Backplane, KeyValueStore } from 'naru/backplane';
import { MemoryStore } from 'naru/backplane';
import { type Clock, shown, type Timer, UnavailableError, unreferenced, within } from 'naru/base';

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

/** The settings of the revocations. */
export interface RevocationSettings {
  /** Milliseconds that a revocation is kept. */
  readonly lifetimeMax: number;
  /** The most revocations that are kept. */
  readonly revocationsMax: number;
}

const NEWEST = 'guard-newest';
const PREFIX = 'guard-revoked ';
const LOOK_MS = 250;
/** Milliseconds that a client waits for the store. After that, what this node knows counts. */
const WAIT_MS = 1_000;

/** Names that sort by their number. */
const keyOf = (number: number): string => `${PREFIX}${`${number}`.padStart(15, '0')}`;

/** Returns the name of a token in the list. Nobody can use what the list has. */
export function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

/** The revocations that count now. */
export class Revocations {
  readonly #clock: Clock;
  readonly #store: KeyValueStore;
  readonly #settings: RevocationSettings;
  readonly #onRevoked: (revocation: Revocation) => void;
  readonly #onError: (error: unknown) => void;
  /** When each thing was revoked, by type and name. The oldest come first. */
  readonly #known = new Map<string, number>();
  /** The newest number that this node has read, or `undefined` before the first reading. */
  #read: number | undefined = undefined;
  #reading: Promise<void> | undefined = undefined;
  #next: Promise<void> | undefined = undefined;
  #timer: Timer | undefined = undefined;
  #isWatching = false;

  /** `onRevoked` is called once for each revocation that this node learns of. */
  constructor(
    clock: Clock,
    backplane: Backplane | undefined,
    settings: RevocationSettings,
    onRevoked: (revocation: Revocation) => void,
    onError: (error: unknown) => void,
  ) {
    this.#clock = clock;
    this.#store = backplane?.store ?? new MemoryStore(clock);
    this.#settings = settings;
    this.#onRevoked = onRevoked;
    this.#onError = onError;
  }

  /**
   * Revokes something. Resolves when the store has it. Rejects with UnavailableError if the store does not take it, or
   * if `revocationsMax` revocations are kept already.
   */
  async revoke(type: Revocation['type'], name: string): Promise<Revocation> {
    await this.#readOn();
    this.#forgetOld();
    if (this.#known.size >= this.#settings.revocationsMax) {
      const what = `${this.#known.size} revocations are kept already (revocationsMax)`;
      throw new UnavailableError('REFUSED', what);
    }
    const revocation: Revocation = { type, name, at: this.#clock.now() };
    const text = JSON.stringify(revocation);
    for (let number = (this.#read ?? 0) + 1; ; number += 1) {
      const { swapped } = await this.#store.swap(keyOf(number), undefined, text, this.#settings.lifetimeMax);
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
    while (Number(expected ?? 0) < number) {
      const { swapped, value } = await this.#store.swap(NEWEST, expected, `${number}`);
      if (swapped) return;
      expected = value;
    }
  }

  /**
   * Resolves when this node knows everything that was revoked before the call. If the store does not answer within a
   * second, what the node knows counts.
   */
  async refresh(): Promise<void> {
    // A reading that has begun may have missed what was revoked since.
    if (this.#reading) this.#next ??= this.#reading.then(() => this.#start());
    await within(this.#clock, this.#next ?? this.#start(), WAIT_MS);
  }

  /** Looks for revocations all the time, until `rest`. */
  watch(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    this.#look();
  }

  /** Ends `watch`. */
  rest(): void {
    this.#isWatching = false;
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
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

  #at(type: Revocation['type'], name: string): number | undefined {
    const at = this.#known.get(`${type} ${name}`);
    return at !== undefined && at + this.#settings.lifetimeMax > this.#clock.now() ? at : undefined;
  }

  #look(): void {
    this.#timer = unreferenced(
      this.#clock.setTimeout(
        async () => {
          await this.refresh();
          if (this.#isWatching) this.#look();
        },
        LOOK_MS,
        undefined,
      ),
    );
  }

  /** Reads on. An error is reported, and what this node knows counts until the next reading. */
  #start(): Promise<void> {
    this.#next = undefined;
    this.#reading = this.#readOn()
      .catch(this.#onError)
      .finally(() => {
        this.#reading = undefined;
      });
    return this.#reading;
  }

  async #readOn(): Promise<void> {
    if (this.#read === undefined) {
      const newest = Number((await this.#store.get(NEWEST)) ?? 0);
      for (const [, text] of await this.#store.list(PREFIX, this.#settings.revocationsMax)) this.#learn(text);
      this.#read = newest;
      return;
    }
    const newest = Number((await this.#store.get(NEWEST)) ?? 0);
    for (let number = this.#read + 1; number <= newest; number += 1) {
      const text = await this.#store.get(keyOf(number));
      this.#learn(text);
      this.#read = Math.max(this.#read, number);
    }
    // A restored copy of the store counts from an earlier number.
    if (newest < this.#read) this.#read = newest;
  }

  /** Takes a text of the list. An entry is missing when its time is over, and one that cannot be read is reported. */
  #learn(text: string | undefined): void {
    if (text === undefined) return;
    try {
      const given: unknown = JSON.parse(text);
      if (isRevocation(given)) this.take(given);
      else throw new UnavailableError('IO_FAILED', `the store has an entry of the guard that is none: ${shown(given)}`);
    } catch (error) {
      this.#onError(error);
    }
  }

  /** Takes what was revoked here or on another node. */
  take(revocation: Revocation): void {
    const { type, name, at } = revocation;
    const key = `${type} ${name}`;
    const before = this.#known.get(key);
    if (before !== undefined && before >= at) return;
    this.#known.delete(key);
    this.#known.set(key, at);
    this.#onRevoked(revocation);
  }

  #forgetOld(): void {
    for (const [key, at] of this.#known) {
      if (at + this.#settings.lifetimeMax > this.#clock.now()) break;
      this.#known.delete(key);
    }
  }
}
