/** The people on the line: one session for each ticket, for as long as its tab is there. */
import { randomBytes } from 'node:crypto';
import { LIMITS } from '../../shared/limits.js';
import { nameOf } from '../../shared/naming.js';
import type { Card, ClientKind } from '../../shared/protocol.js';
import type { RiderSocket } from '../chat-server.js';
import { cardOf, type Stub, stubOf } from './names.js';
import { Pace } from './pace.js';
import type { Voice } from './voice.js';

/** One session. It holds no address, no ticket and nothing about the machine at the other end. */
export interface Rider {
  readonly stub: Stub;
  readonly bornAt: number;
  readonly pace: Pace;
  card: Card;
  turn: number;
  /** Invariant: there is a socket exactly while there is a voice. */
  socket: RiderSocket | undefined;
  voice: Voice | undefined;
  /** The newest connection, also when it is lost: by it the rider is still present where it was. */
  latest: RiderSocket | undefined;
  /** When the connection was lost; meaningless while there is one. */
  lostAt: number;
  readonly stations: Set<string>;
  ride: string | undefined;
  /** The alias of the last companion, so that a report can follow the end of a ride. */
  lastPartner: string | undefined;
}

/** Invariant: a rider is in both indexes or in neither (but for the one who stands for passers-by), and no two wear the same name. */
export class Riders {
  readonly #byKey = new Map<string, Rider>();
  readonly #byId = new Map<string, Rider>();
  readonly #names = new Map<string, string>();
  #passer: Rider | undefined;

  /** Sessions, with those that are out of reach for a moment. */
  get count(): number {
    return this.#byKey.size;
  }

  /** The session of a ticket: the one that is there, or a new one; nothing when the line is full. */
  board(ticket: string, turn: number, now: number, client: ClientKind = 'web'): Rider | undefined {
    const stub = stubOf(ticket);
    const present = this.#byKey.get(stub.key);
    if (present) return present;
    if (this.#byKey.size >= LIMITS.riders) return undefined;
    const rider = this.#make(stub, turn, now, client);
    this.#byKey.set(stub.key, rider);
    return rider;
  }

  /** The session of a ticket, if it is there. */
  find(ticket: string): Rider | undefined {
    return this.#byKey.get(stubOf(ticket).key);
  }

  /** Who stands for all that send something and do not stay: they share a name, a pace and a mute. Is no session, and is not counted. */
  passer(now: number): Rider {
    this.#passer ??= this.#make(stubOf(randomBytes(16).toString('hex')), 0, now, 'stream');
    return this.#passer;
  }

  /** Those who wear a name, in whatever language it is written. */
  named(name: string): Rider[] {
    const wanted = name.trim().toLowerCase();
    const isWorn = ({ card }: Rider): boolean =>
      nameOf(card, 'en').toLowerCase() === wanted || nameOf(card, 'ko') === wanted;
    return [...this.#byId.values()].filter(isWorn);
  }

  /** Gives the next free name that the ticket leads to, from `turn` on. */
  rename(rider: Rider, turn: number): void {
    this.#names.delete(keyOf(rider.card));
    const { card, turn: worn } = this.#free(rider.stub, turn, rider.card.client);
    rider.card = card;
    rider.turn = worn;
    this.#names.set(keyOf(card), card.id);
  }

  /** The session behind a public alias. */
  get(id: string): Rider | undefined {
    return this.#byId.get(id);
  }

  /** Forgets a session, all of it. */
  remove(rider: Rider): void {
    this.#byKey.delete(rider.stub.key);
    this.#byId.delete(rider.card.id);
    this.#names.delete(keyOf(rider.card));
  }

  /** Sessions that have been out of reach for longer than the grace time. */
  lost(now: number, graceMs: number): Rider[] {
    return [...this.#byKey.values()].filter((rider) => !rider.socket && now - rider.lostAt >= graceMs);
  }

  #make(stub: Stub, turn: number, now: number, client: ClientKind): Rider {
    const rider: Rider = {
      stub,
      bornAt: now,
      pace: new Pace(),
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
    let card = cardOf(stub.seed, turn, client);
    // 144,000 names for 5,000 riders: a few steps find a free one.
    while (this.#names.has(keyOf(card))) card = cardOf(stub.seed, ++turn, client);
    return { card, turn };
  }
}

function keyOf(card: Card): string {
  return card.name.join(' ');
}
