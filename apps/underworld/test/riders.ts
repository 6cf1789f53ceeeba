/** Riders without a connection, for tests of the server's parts. */
import type { Rider } from '../server/riders/riders.js';
import { Riders } from '../server/riders/riders.js';

/** Returns the ticket of a number. */
export function ticket(number: number): string {
  return number.toString(16).padStart(32, '0');
}

/** Returns that many riders, each with a name of its own. */
export function someRiders(count: number, now = 0): Rider[] {
  const riders = new Riders();
  return Array.from({ length: count }, (_, index) => {
    const rider = riders.board(ticket(index + 1), 0, now);
    if (!rider) throw new RangeError('the line is full');
    return rider;
  });
}

/** Makes ids that count up. */
export function countingIds(): () => string {
  let last = 0;
  return () => `id-${++last}`;
}

/** Returns one rider. */
export function aRider(): Rider {
  const [rider] = someRiders(1);
  if (!rider) throw new RangeError('the line is full');
  return rider;
}
