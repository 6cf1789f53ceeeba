/** The people on the line: one session for each ticket, for as long as its tab is there. */
import type { Socket } from 'naru';
import { LIMITS } from '../shared/limits.js';
import type { Card, FromPage, FromServer } from '../shared/wire.js';
import { cardOf, type Stub, stubOf } from './names.js';
import { Pace } from './pace.js';

/** A connection of the chat. */
export type RiderSocket = Socket<FromPage, FromServer>;

/** One session. It holds no address, no ticket and nothing about the machine at the other end. */
export interface Rider {
  readonly stub: Stub;
  readonly bornAt: number;
  readonly pace: Pace;
  card: Card;
  turn: number;
  socket: RiderSocket | undefined;
  /** When the connection was lost; meaningless while there is one. */
  lostAt: number;
  readonly stations: Set<string>;
  ride: string | undefined;
  /** The alias of the last companion, so that a report can follow the end of a ride. */
  lastPartner: string | undefined;
}

/** Invariant: a rider is in both indexes or in neither, and no two riders wear the same name. */
export class Riders {
  readonly #byKey = new Map<string, Rider>();
  readonly #byId = new Map<string, Rider>();
  readonly #names = new Map<string, string>();

  /** Sessions, with those that are out of reach for a moment. */
  get count(): number {
    return this.#byKey.size;
  }

  /** The session of a ticket: the one that is there, or a new one; nothing when the line is full. */
  board(ticket: string, turn: number, now: number): Rider | undefined {
    const stub = stubOf(ticket);
    const present = this.#byKey.get(stub.key);
    if (present) return present;
    if (this.#byKey.size >= LIMITS.riders) return undefined;
    const named = this.#free(stub, turn);
    const rider: Rider = {
      stub,
      bornAt: now,
      pace: new Pace(),
      ...named,
      socket: undefined,
      lostAt: now,
      stations: new Set(),
      ride: undefined,
      lastPartner: undefined,
    };
    this.#byKey.set(stub.key, rider);
    this.#byId.set(rider.card.id, rider);
    this.#names.set(nameOf(rider.card), rider.card.id);
    return rider;
  }

  /** Gives the next free name that the ticket leads to, from `turn` on. */
  rename(rider: Rider, turn: number): void {
    this.#names.delete(nameOf(rider.card));
    const { card, turn: worn } = this.#free(rider.stub, turn);
    rider.card = card;
    rider.turn = worn;
    this.#names.set(nameOf(card), card.id);
  }

  /** The session behind a public alias. */
  get(id: string): Rider | undefined {
    return this.#byId.get(id);
  }

  /** Forgets a session, all of it. */
  remove(rider: Rider): void {
    this.#byKey.delete(rider.stub.key);
    this.#byId.delete(rider.card.id);
    this.#names.delete(nameOf(rider.card));
  }

  /** Sessions that have been out of reach for longer than the grace time. */
  lost(now: number, graceMs: number): Rider[] {
    return [...this.#byKey.values()].filter((rider) => !rider.socket && now - rider.lostAt >= graceMs);
  }

  #free(stub: Stub, from: number): { card: Card; turn: number } {
    let turn = from;
    let card = cardOf(stub.seed, turn);
    // 144,000 names for 5,000 riders: a few steps find a free one.
    while (this.#names.has(nameOf(card))) card = cardOf(stub.seed, ++turn);
    return { card, turn };
  }
}

function nameOf(card: Card): string {
  return card.name.join(' ');
}
