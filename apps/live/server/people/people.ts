/** The people of the application: one for each ticket, with a name and a pace. */
import type { Pace } from 'naru-apps-kit/server/pace.js';
import type { People, Presence } from 'naru-apps-kit/server/people.js';
import type { Card } from 'naru-apps-kit/shared/protocol.js';
import { names } from './names.js';
import { freshPace, type Kind } from './pace.js';

/** One person. It holds no address, no ticket and nothing about the machine at the other end. */
export interface Person extends Presence {
  readonly card: Card;
  readonly bornAt: number;
  readonly pace: Pace<Kind>;
}

/** Returns the person of a ticket, or a new one. Returns undefined when the application is full. */
export function board(people: People<Person>, ticket: string, now: number): Person | undefined {
  const { key, seed } = names.stub(ticket);
  return people.board(key, () => ({
    card: names.card(seed),
    bornAt: now,
    pace: freshPace(),
    connections: 0,
    lostAt: now,
  }));
}
