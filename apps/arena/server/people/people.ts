/** The people of this process: one for each ticket, with a name and a pace. */
import type { Pace } from 'naru-apps-kit/server/pace.js';
import type { Card } from 'naru-apps-kit/shared/protocol.js';
import { LIMITS } from '../../shared/limits.js';
import { names } from './names.js';
import { freshPace, type Kind } from './pace.js';

/** One person. It holds no address, no ticket and nothing about the machine at the other end. */
export interface Person {
  /** A digest of the ticket, by which a place is found again on any server. */
  readonly key: string;
  readonly seed: Buffer;
  readonly pace: Pace<Kind>;
  /** The number of the present name among the made-up names of this ticket. */
  turn: number;
  card: Card;
  connections: number;
  /** The time when the last connection was lost. It has no meaning while there is one. */
  lostAt: number;
}

/** All people of this process. They are kept a little longer than their connections, so that a reconnect does not clear a warning. */
export class People {
  readonly #byKey = new Map<string, Person>();

  /** The number of people, including those who have just left. */
  get count(): number {
    return this.#byKey.size;
  }

  /** Returns the person of a ticket, or a new one with the name of that turn. Returns undefined when the game is full. */
  board(ticket: string, turn: number | undefined, now: number): Person | undefined {
    const { key, seed } = names.stub(ticket);
    const known = this.#byKey.get(key);
    if (known) {
      if (turn !== undefined) rename(known, turn);
      return known;
    }
    if (this.#byKey.size >= LIMITS.people && !this.#forgetOne()) return undefined;
    const first = turn ?? 0;
    const card = names.card(seed, first);
    const person: Person = { key, seed, pace: freshPace(), turn: first, card, connections: 0, lostAt: now };
    this.#byKey.set(key, person);
    return person;
  }

  /** Forgets somebody who has left, so that those who come and go cannot keep others out. */
  #forgetOne(): boolean {
    for (const [key, { connections }] of this.#byKey) if (connections === 0) return this.#byKey.delete(key);
    return false;
  }

  /** Forgets people who left a while ago. */
  sweep(now: number): void {
    for (const [key, { connections, lostAt }] of this.#byKey) {
      if (connections === 0 && now - lostAt > LIMITS.personKeptMs) this.#byKey.delete(key);
    }
  }
}

/** Gives a person another of the made-up names of the ticket. */
export function rename(person: Person, turn: number): void {
  person.turn = turn;
  person.card = names.card(person.seed, turn);
}
