/** The riders: one session for each ticket, as long as its tab is open. */
import { randomBytes } from 'node:crypto';
import type { Stub } from 'naru-apps-kit/server/names.js';
import type { Pace } from 'naru-apps-kit/server/pace.js';
import { nameOf } from 'naru-apps-kit/shared/naming.js';
import { LIMITS } from '../../shared/limits.js';
import type { Card, ClientKind } from '../../shared/protocol.js';
import type { RiderSocket } from '../chat-server.js';
import { names } from './names.js';
import { freshPace, type Kind } from './pace.js';
import type { Voice } from './voice.js';

/** One session. It holds no address, no ticket and nothing about the machine at the other end. */
export interface Rider {
  readonly stub: Stub;
  readonly bornAt: number;
  readonly pace: Pace<Kind>;
  card: Card;
  turn: number;
  /** Invariant: there is a socket exactly while there is a voice. */
  socket: RiderSocket | undefined;
  voice: Voice | undefined;
  /** The newest connection, even after it was lost, because presence still counts it during the grace time. */
  latest: RiderSocket | undefined;
  /** The time when the connection was lost. It has no meaning while the rider is connected. */
  lostAt: number;
  readonly stations: Set<string>;
  ride: string | undefined;
  /** The alias of the last companion, who can still be reported after the ride. */
  lastPartner: string | undefined;
}

/**
 * All riders. Invariant: a rider is in both indexes or in neither, except the passer-by, and no two have the same name.
 */
export class Riders {
  readonly #byKey = new Map<string, Rider>();
  readonly #byId = new Map<string, Rider>();
  readonly #names = new Map<string, string>();
  #passer: Rider | undefined;

  /** The number of sessions, including those without a connection at the moment. */
  get count(): number {
    return this.#byKey.size;
  }

  /** The number of sessions with a connection. A closed tab is not one of them any more. */
  get connected(): number {
    return [...this.#byKey.values()].filter(({ socket }) => socket).length;
  }

  /** Returns the session of a ticket, or makes a new one. Returns undefined when the line is full. */
  board(ticket: string, turn: number, now: number, client: ClientKind = 'web'): Rider | undefined {
    const stub = names.stub(ticket);
    const present = this.#byKey.get(stub.key);
    if (present) return present;
    if (this.#byKey.size >= LIMITS.riders) return undefined;
    const rider = this.#make(stub, turn, now, client);
    this.#byKey.set(stub.key, rider);
    return rider;
  }

  /** The present session of a ticket. */
  find(ticket: string): Rider | undefined {
    return this.#byKey.get(names.stub(ticket).key);
  }

  /**
   * The passer-by: one rider for everyone who posts without a token. They share a name, a rate limit and a mute. The
   * passer-by is not counted.
   */
  passer(now: number): Rider {
    this.#passer ??= this.#make(names.stub(randomBytes(16).toString('hex')), 0, now, 'stream');
    return this.#passer;
  }

  /** The riders with this name, in any language. */
  named(name: string): Rider[] {
    const wanted = name.trim().toLowerCase();
    const isWorn = ({ card }: Rider): boolean =>
      nameOf(card, 'en').toLowerCase() === wanted || nameOf(card, 'ko') === wanted;
    return [...this.#byId.values()].filter(isWorn);
  }

  /** Renames a rider to the next free name of the ticket, from `turn` on. */
  rename(rider: Rider, turn: number): void {
    this.#names.delete(keyOf(rider.card));
    const { card, turn: worn } = this.#free(rider.stub, turn, rider.card.client);
    rider.card = card;
    rider.turn = worn;
    this.#names.set(keyOf(card), card.id);
  }

  /** The rider with a public alias. */
  get(id: string): Rider | undefined {
    return this.#byId.get(id);
  }

  /** Forgets everything about a rider. */
  remove(rider: Rider): void {
    this.#byKey.delete(rider.stub.key);
    this.#byId.delete(rider.card.id);
    this.#names.delete(keyOf(rider.card));
  }

  /** The riders whose connection was lost longer ago than the grace time. */
  lost(now: number, graceMs: number): Rider[] {
    return [...this.#byKey.values()].filter((rider) => !rider.socket && now - rider.lostAt >= graceMs);
  }

  #make(stub: Stub, turn: number, now: number, client: ClientKind): Rider {
    const rider: Rider = {
      stub,
      bornAt: now,
      pace: freshPace(),
      ...this.#free(stub, turn, client),
      socket: undefined,
      voice: undefined,
      latest: undefined,
      lostAt: now,
      stations: new Set(),
      ride: undefined,
      lastPartner: undefined,
    };
    this.#byId.set(rider.card.id, rider);
    this.#names.set(keyOf(rider.card), rider.card.id);
    return rider;
  }

  #free(stub: Stub, from: number, client: ClientKind): { card: Card; turn: number } {
    let turn = from;
    let card: Card = { ...names.card(stub.seed, turn), client };
    // 144,000 names for 5,000 riders: a few steps find a free one.
    while (this.#names.has(keyOf(card))) card = { ...names.card(stub.seed, ++turn), client };
    return { card, turn };
  }
}

function keyOf(card: Card): string {
  return card.name.join(' ');
}
