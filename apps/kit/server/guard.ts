/** Guards an application against clients that do too much. The file pace.ts has the limits that people are told of. */
import { type GivenRate, protect, type Rate, type ScopeLimits, type UserOf } from '@naru/guard';
import type { Server } from 'naru';
import type { Names } from './names.js';
import { readSecret } from './readers.js';

/** The limits of an application. */
export interface FloodLimits {
  /** Every event of any kind, and every room that a client asks for. A client beyond it is disconnected. */
  readonly flood: Rate;
  /** Readings of history, each of which may look at thousands of records. */
  readonly history?: Rate;
  /** Events by their names. */
  readonly byEvent?: Readonly<Record<string, GivenRate>>;
}

/**
 * Guards a server. Limits count for a person, over all connections and servers. Those of a client whose person nobody
 * knows count for its connection.
 */
export function guardAgainstFloods(io: unknown, userOf: UserOf, { flood, history, byEvent }: FloodLimits): void {
  const ending = { ...flood, outcome: 'end' } as const;
  const limits: ScopeLimits = { events: ending, subscribe: ending, history };
  protect(io as Server, { limits: { socket: limits, user: limits, byEvent, userOf } });
}

/** Returns the function that names the person of a ticket. */
export function personBy(names: Pick<Names, 'stub'>): UserOf {
  return ({ auth }) => {
    const ticket = readSecret(auth.ticket);
    return ticket && names.stub(ticket).key;
  };
}
