/** The people of the game: one for each ticket, with a name. */
import type { People, Presence } from 'naru-apps-kit/server/people.js';
import type { Card } from 'naru-apps-kit/shared/protocol.js';
import { names } from './names.js';

/** One person. It holds no address, no ticket and nothing about the machine at the other end. */
export interface Person extends Presence {
  /** A digest of the ticket, by which a place is found again on any server. */
  readonly key: string;
  readonly seed: Buffer;
  /** The number of the present name among the made-up names of this ticket. */
  turn: number;
  card: Card;
}

/** Returns the person of a ticket, or a new one with the name of that turn. Returns undefined when the game is full. */
export function board(
  people: People<Person>,
  ticket: string,
  turn: number | undefined,
  now: number,
): Person | undefined {
  const { key, seed } = names.stub(ticket);
  const person = people.board(key, () => {
    const first = turn ?? 0;
    return { key, seed, turn: first, card: names.card(seed, first), connections: 0, lostAt: now };
  });
  if (person && turn !== undefined && turn !== person.turn) rename(person, turn);
  return person;
}

/** Gives a person another of the made-up names of the ticket. */
export function rename(person: Person, turn: number): void {
  person.turn = turn;
  person.card = names.card(person.seed, turn);
}
