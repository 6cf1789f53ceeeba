/** The line: brings two strangers together on a ride, and ends it. */
import { LIMITS } from '../../shared/limits.js';
import type { Rider } from '../riders/riders.js';
import { PlaceLog } from './place-log.js';

/** A conversation of two people. Its messages are deleted when it ends. */
export interface OpenRide {
  readonly id: string;
  readonly riders: readonly [Rider, Rider];
  readonly log: PlaceLog;
}

interface Waiting {
  readonly rider: Rider;
  readonly avoid: ReadonlySet<string>;
}

/** Invariant: a rider never waits and rides at the same time, and `rider.ride` is the id of the current ride. */
export class Line {
  readonly #waiting = new Map<string, Waiting>();
  readonly #rides = new Map<string, OpenRide>();
  /** Pairs of riders, and the time until which they do not meet again. After a report it is infinity. */
  readonly #apart = new Map<string, number>();
  readonly #newId: () => string;

  constructor(newId: () => string) {
    this.#newId = newId;
  }

  /** The number of riders in the queue. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** The number of rides. */
  get rides(): number {
    return this.#rides.size;
  }

  /** Puts a rider in the queue. */
  wait(rider: Rider, avoid: readonly string[]): void {
    if (!rider.ride) this.#waiting.set(rider.card.id, { rider, avoid: new Set(avoid) });
  }

  /** Takes a rider out of the queue. */
  cancel(rider: Rider): void {
    this.#waiting.delete(rider.card.id);
  }

  /** Begins a ride for each waiting rider who finds a stranger, first come, first served. */
  match(now: number): OpenRide[] {
    const begun: OpenRide[] = [];
    for (const one of [...this.#waiting.values()]) {
      if (!this.#waiting.has(one.rider.card.id)) continue;
      const other = [...this.#waiting.values()].find((candidate) => this.#canMeet(one, candidate, now));
      if (other) begun.push(this.#begin(one.rider, other.rider, now));
    }
    return begun;
  }

  /** The ride with this id. */
  get(id: string): OpenRide | undefined {
    return this.#rides.get(id);
  }

  /** Ends a ride and returns the ids of its pictures. `forGood` keeps the two apart from now on. */
  end(ride: OpenRide, now: number, forGood = false): string[] {
    const [one, other] = ride.riders;
    this.#rides.delete(ride.id);
    for (const rider of ride.riders) rider.ride = undefined;
    one.lastPartner = other.card.id;
    other.lastPartner = one.card.id;
    this.part(one.card.id, other.card.id, forGood ? Number.POSITIVE_INFINITY : now + LIMITS.rematchMs);
    return ride.log.clear();
  }

  /** Keeps two riders apart until a time. */
  part(one: string, other: string, until: number): void {
    if (this.#apart.size >= APART_MAX) this.#apart.delete(this.#apart.keys().next().value ?? '');
    this.#apart.set(pairOf(one, other), until);
  }

  /** Forgets old messages, and pairs whose time is over or who are gone. Returns the ids of forgotten pictures. */
  sweep(now: number, isPresent: (id: string) => boolean): string[] {
    for (const [pair, until] of this.#apart) {
      if (now >= until || !pair.split(' ').every(isPresent)) this.#apart.delete(pair);
    }
    return [...this.#rides.values()].flatMap((ride) => ride.log.sweep(now));
  }

  #canMeet(one: Waiting, other: Waiting, now: number): boolean {
    const a = one.rider.card.id;
    const b = other.rider.card.id;
    if (a === b || one.avoid.has(b) || other.avoid.has(a)) return false;
    return now >= (this.#apart.get(pairOf(a, b)) ?? 0);
  }

  #begin(one: Rider, other: Rider, now: number): OpenRide {
    const ride: OpenRide = { id: this.#newId(), riders: [one, other], log: new PlaceLog(now) };
    this.#rides.set(ride.id, ride);
    for (const rider of ride.riders) {
      this.#waiting.delete(rider.card.id);
      rider.ride = ride.id;
    }
    return ride;
  }
}

/** The companion of a rider. */
export function partnerOf(ride: OpenRide, rider: Rider): Rider {
  return ride.riders[0] === rider ? ride.riders[1] : ride.riders[0];
}

function pairOf(one: string, other: string): string {
  return one < other ? `${one} ${other}` : `${other} ${one}`;
}

const APART_MAX = 20_000;
