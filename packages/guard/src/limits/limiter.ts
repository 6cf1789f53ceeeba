/** Counts what clients do, and decides what is too much. */
import type { Handshake } from 'naru';
import { type Clock, getOrCreate } from 'naru/base';
import { addressFinder, type FindAddress } from './addresses.js';
import { Bucket } from './bucket.js';
import type { LimitSettings, Use } from './options.js';
import { Scope, Scopes } from './scope.js';

/** The scopes of one socket. */
export interface Holder {
  /** Its own, that of its address, and that of its person once it is known. */
  readonly scopes: Scope[];
  /** The buckets of its events with limits of their own, by name. */
  byEvent: Map<string, Bucket> | undefined;
  /** When the client was told last that an event was refused. */
  toldAt: number;
}

/** The limits of one server. */
export class Limiter {
  readonly settings: LimitSettings;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #addressOf: FindAddress;
  readonly #users: Scopes;
  readonly #addresses: Scopes;

  constructor(clock: Pick<Clock, 'now'>, settings: LimitSettings) {
    this.#clock = clock;
    this.settings = settings;
    this.#addressOf = addressFinder(settings.trustProxy);
    this.#users = new Scopes(settings.user, settings.addressesMax);
    this.#addresses = new Scopes(settings.address, settings.addressesMax);
  }

  /** Begins to count for a socket. */
  hold(handshake: Handshake): Holder {
    const address = this.#addresses.of(this.#addressOf(handshake), this.#clock.now());
    const scopes = [new Scope(this.settings.socket), address];
    for (const scope of scopes) scope.holders += 1;
    return { scopes, byEvent: undefined, toldAt: 0 };
  }

  /** Counts for a person as well from now on. */
  name({ scopes }: Holder, user: string): void {
    const person = this.#users.of(user, this.#clock.now());
    if (scopes.includes(person)) return;
    person.holders += 1;
    scopes.push(person);
  }

  /** Ends the counting for a socket. The use of its person and address is remembered. */
  release({ scopes }: Holder): void {
    for (const scope of scopes) scope.holders -= 1;
  }

  /**
   * Takes one use, or returns the milliseconds after which there is room for it. A use that is refused takes nothing.
   * `event` is the name of an event that may have a limit of its own.
   */
  take(holder: Holder, uses: readonly Use[], event?: string): number {
    const now = this.#clock.now();
    const waitMs = this.#waitFor(1, holder, uses, event, now);
    if (waitMs === 0) this.#owe(holder, uses, event, now);
    return waitMs;
  }

  /** Takes one use, although there may be no room for it. Returns the milliseconds after which that is paid back. */
  owe(holder: Holder, uses: readonly Use[], event?: string): number {
    const now = this.#clock.now();
    this.#owe(holder, uses, event, now);
    return this.#waitFor(0, holder, uses, event, now);
  }

  /** Takes bytes that have come already. Later uses have no room until they are paid back. */
  oweBytes({ scopes }: Holder, bytes: number): void {
    const now = this.#clock.now();
    for (const scope of scopes) scope.bucket('bytes', now)?.owe(bytes, now);
  }

  #waitFor(count: number, holder: Holder, uses: readonly Use[], event: string | undefined, now: number): number {
    let waitMs = this.#byEvent(holder, event, now)?.waitFor(count, now) ?? 0;
    for (const scope of holder.scopes) {
      // Bytes that have come are paid back first.
      waitMs = Math.max(waitMs, scope.bucket('bytes', now)?.waitFor(0, now) ?? 0);
      for (const use of uses) waitMs = Math.max(waitMs, scope.bucket(use, now)?.waitFor(count, now) ?? 0);
    }
    return waitMs;
  }

  #owe(holder: Holder, uses: readonly Use[], event: string | undefined, now: number): void {
    this.#byEvent(holder, event, now)?.owe(1, now);
    for (const scope of holder.scopes) for (const use of uses) scope.bucket(use, now)?.owe(1, now);
  }

  #byEvent(holder: Holder, event: string | undefined, now: number): Bucket | undefined {
    const rate = event === undefined ? undefined : this.settings.byEvent.get(event);
    if (!rate || event === undefined) return undefined;
    holder.byEvent ??= new Map();
    return getOrCreate(holder.byEvent, event, () => new Bucket(rate, now));
  }
}
