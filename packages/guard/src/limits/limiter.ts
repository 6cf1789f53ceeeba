/** Counts what clients do, and decides what is too much. */
import type { Handshake } from 'naru';
import { type Clock, getOrCreate } from 'naru/base';
import { addressFinder, type FindAddress } from './addresses.js';
import { type LimitOutcome, type LimitSettings, usesOf } from './options.js';
import { Scope, Scopes } from './scope.js';
import { isToldUse, SharedUse, type ToldUse } from './shared-use.js';

/** The scopes of one socket. */
export interface Holder {
  /** Its own, that of its address, and that of its person once it is known. */
  readonly scopes: [socket: Scope, address: Scope, person?: Scope];
  /** Whether bytes were owed before the newest message came. */
  owesBytes: boolean;
  /** Whether the bytes of that message were not taken, because it is to be refused. */
  isUnpaid: boolean;
  /** When the client was told last that an event was refused. */
  toldAt: number;
  /** The names of the events that were noted as limited since `notedAt`. */
  readonly noted: Set<string>;
  notedAt: number;
}

/** A use for which there is no room. */
export interface Excess {
  /** Milliseconds until there is room. */
  readonly waitMs: number;
  /** The strictest outcome of the limits that are reached. */
  readonly outcome: LimitOutcome;
  /** Whether there is no room only because bytes are owed. */
  readonly isOfBytes: boolean;
}

/** The most namespaces of one session whose use is remembered after its socket has left. */
const LEFT_MAX = 1_000;

/** Outcomes, the strictest first. */
const STRICTEST: readonly LimitOutcome[] = ['end', 'refuse', 'wait'];

/** The limits of one server. */
export class Limiter {
  readonly settings: LimitSettings;
  readonly #clock: Clock;
  readonly #addressOf: FindAddress;
  readonly #users: Scopes;
  readonly #addresses: Scopes;
  readonly #shared: SharedUse | undefined;
  /** The scopes of the sockets of each session, by namespace. A client that joins again finds its buckets. */
  readonly #sockets = new WeakMap<object, Scopes>();

  /** `tell` tells the other nodes what persons have used here, if there may be other nodes. */
  constructor(clock: Clock, settings: LimitSettings, tell?: (told: readonly ToldUse[]) => void) {
    this.#clock = clock;
    this.settings = settings;
    this.#shared = tell && settings.user.size > 0 ? new SharedUse(clock, settings.user, tell) : undefined;
    this.#addressOf = addressFinder(settings.trustProxy);
    this.#users = new Scopes(settings.user, settings.addressesMax, this.#shared !== undefined);
    this.#addresses = new Scopes(settings.address, settings.addressesMax);
  }

  /** Begins to count for the socket of a session in a namespace. */
  hold(handshake: Handshake, session: object, namespace: string): Holder {
    const now = this.#clock.now();
    const { socket } = this.settings;
    const address = this.#addresses.of(this.#addressOf(handshake), now);
    const sockets = socket.size > 0 && getOrCreate(this.#sockets, session, () => new Scopes(socket, LEFT_MAX));
    const own = sockets ? sockets.of(namespace, now) : new Scope(socket);
    for (const scope of [own, address]) scope.holders += 1;
    return { scopes: [own, address], owesBytes: false, isUnpaid: false, toldAt: 0, noted: new Set(), notedAt: 0 };
  }

  /** Counts for a person as well from now on. */
  name({ scopes }: Holder, user: string): void {
    if (scopes[2]?.name === user) return;
    if (scopes[2]) scopes[2].holders -= 1;
    scopes[2] = this.#users.of(user, this.#clock.now());
    scopes[2].holders += 1;
  }

  /** Ends the counting for a socket. The use of its person and address is remembered, and its own with its session. */
  release({ scopes }: Holder): void {
    for (const scope of scopes) if (scope) scope.holders -= 1;
  }

  /**
   * Takes one use, or returns why there is no room for it. A use that is refused takes nothing, but from limits that
   * end sessions. `event` is the name of an event that may have a limit of its own.
   */
  take(holder: Holder, uses: readonly string[], event?: string): Excess | undefined {
    const now = this.#clock.now();
    const ownMs = this.#waitFor(1, holder, uses, event, now, false);
    const allMs = holder.owesBytes ? this.#waitFor(1, holder, uses, event, now, true) : ownMs;
    // A message that was not paid for cannot go on, although the debt may be paid by now.
    const waitMs = holder.isUnpaid ? Math.max(1, allMs) : allMs;
    if (waitMs === 0) {
      this.#owe(holder, uses, event, now);
      return undefined;
    }
    const outcome = this.#outcomeOf(holder, uses, event, now);
    // A client that goes on with what is refused is ended in time.
    if (outcome === 'refuse') this.#owe(holder, uses, event, now, 'end');
    return { waitMs, outcome, isOfBytes: ownMs === 0 };
  }

  /** Takes one use, although there may be no room for it. Returns the milliseconds after which that is paid back. */
  owe(holder: Holder, uses: readonly string[], event?: string): number {
    const now = this.#clock.now();
    this.#owe(holder, uses, event, now);
    return this.#waitFor(0, holder, uses, event, now, true);
  }

  /**
   * Takes the bytes of a message that has come, for the sockets of its session. The message itself has room if nothing
   * was owed before. Later ones have none until the bytes are paid back, and cost nothing if they are refused. With
   * `isRest`, the bytes are an attachment of the newest message.
   */
  oweBytes(holders: readonly Holder[], bytes: number, isRest = false): void {
    const now = this.#clock.now();
    const scopes = new Set<Scope>();
    let isTaken = false;
    for (const holder of holders) {
      const own = holder.scopes.filter((scope) => scope !== undefined);
      if (!isRest) {
        holder.owesBytes = own.some((scope) => waitIn(scope, 'bytes', 0, now) > 0);
        holder.isUnpaid = holder.owesBytes && this.#outcomeOf(holder, [], undefined, now) === 'refuse';
      }
      isTaken ||= !holder.isUnpaid;
      for (const scope of own) scopes.add(scope);
    }
    if (isTaken) for (const scope of scopes) this.#take(scope, 'bytes', bytes, now);
  }

  /** Whether a client that owed bytes already when its newest message came is to be ended for that. */
  endsForBytes(holder: Holder): boolean {
    return holder.owesBytes && this.#outcomeOf(holder, [], undefined, this.#clock.now()) === 'end';
  }

  /** Takes what persons have used on another node. */
  hear(told: unknown): void {
    const now = this.#clock.now();
    for (const each of Array.isArray(told) ? told : [])
      if (isToldUse(each) && this.settings.user.has(each[1]))
        this.#users.of(each[0], now).bucket(each[1], now)?.owe(each[2], now);
  }

  #take(scope: Scope, use: string, count: number, now: number): void {
    const bucket = scope.bucket(use, now);
    if (!bucket) return;
    bucket.owe(count, now);
    this.#shared?.note(scope, use, count);
  }

  #waitFor(
    count: number,
    holder: Holder,
    uses: readonly string[],
    event: string | undefined,
    now: number,
    withBytes: boolean,
  ): number {
    let waitMs = 0;
    for (const scope of holder.scopes) {
      if (!scope?.isLimited) continue;
      if (withBytes) waitMs = Math.max(waitMs, waitIn(scope, 'bytes', 0, now));
      for (const use of uses) waitMs = Math.max(waitMs, waitIn(scope, use, count, now));
    }
    const own = this.#useOf(event);
    return own === undefined ? waitMs : Math.max(waitMs, waitIn(personOf(holder), own, count, now));
  }

  /** Takes a use from all its limits, or from those alone that have an outcome of their own. */
  #owe(holder: Holder, uses: readonly string[], event: string | undefined, now: number, only?: LimitOutcome): void {
    const owe = (scope: Scope, use: string): void => {
      if (only === undefined || scope.outcomeOf(use) === only) this.#take(scope, use, 1, now);
    };
    for (const scope of holder.scopes) if (scope?.isLimited) for (const use of uses) owe(scope, use);
    const own = this.#useOf(event);
    if (own !== undefined) owe(personOf(holder), own);
  }

  /** Returns the strictest outcome of the limits that have no room. */
  #outcomeOf(holder: Holder, uses: readonly string[], event: string | undefined, now: number): LimitOutcome {
    const outcomes = new Set<LimitOutcome>();
    const look = (scope: Scope | undefined, use: string, count: number): void => {
      if (scope && waitIn(scope, use, count, now) > 0) outcomes.add(scope.outcomeOf(use) ?? this.settings.outcome);
    };
    for (const scope of holder.scopes) {
      if (holder.owesBytes) look(scope, 'bytes', 0);
      for (const use of uses) look(scope, use, 1);
    }
    const own = this.#useOf(event);
    if (own !== undefined) look(personOf(holder), own, 1);
    if (holder.isUnpaid) outcomes.add('refuse');
    return STRICTEST.find((outcome) => outcomes.has(outcome)) ?? this.settings.outcome;
  }

  /** Returns what counts the events of a name, if these have a limit. */
  #useOf(event: string | undefined): string | undefined {
    const { events } = this.settings;
    return event !== undefined && events.size > 0 && events.has(event) ? usesOf(event) : undefined;
  }
}

/** Returns the scope of the person, or that of the socket as long as nobody knows the person. */
function personOf({ scopes: [own, , person] }: Holder): Scope {
  return person ?? own;
}

function waitIn(scope: Scope, use: string, count: number, now: number): number {
  return scope.bucket(use, now)?.waitFor(count, now) ?? 0;
}
