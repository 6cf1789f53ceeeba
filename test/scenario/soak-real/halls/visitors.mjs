// The clients of a crowd that enter halls with history.
import { Visits } from '../../entering/visits.mjs';
import { HALLS } from './words.mjs';

/** The most clients that enter halls. */
const VISITORS_MAX = 120;
/** Milliseconds between two things that visitors do, over all of them. */
const EVERY_MS = 60;
/** One of so many entries is followed by older pages. */
const OLDER_EVERY = 2;

/** Whether a client of so many enters halls: half of those of Naru, whose others have `retries`, and all stock ones. */
export const isVisitor = ({ index, wire }) =>
  index < VISITORS_MAX && (wire.startsWith('stock') || (wire.startsWith('our') && index % 2 === 0));

/** The visitors among the guests of a crowd. */
export class Visitors {
  #known = new Map(HALLS.map((hall) => [hall, new Map()]));
  #all = [];

  /** `stall` makes the client of an index read nothing for some milliseconds. */
  constructor(guests, count, random, stall) {
    for (const guest of guests) {
      const { index } = guest.record;
      if (!isVisitor(guest.record)) continue;
      const parts = {
        rooms: HALLS,
        known: this.#known,
        word: 'w',
        olderEvery: OLDER_EVERY,
        pauseMs: 2 * EVERY_MS * Math.min(count, VISITORS_MAX),
      };
      guest.visits = new Visits(guest.socket, { ...parts, random: random.fork(), stall: (ms) => stall(index, ms) });
      this.#all.push(guest);
    }
  }

  /** Has the visitors enter and leave for some time. Resolves when they are in their halls. */
  async visit(overMs) {
    const until = Date.now() + overMs;
    await Promise.all(
      this.#all.map(async ({ visits }) => {
        while (Date.now() < until) await visits.act();
      }),
    );
  }

  toJSON() {
    const visits = this.#all.map(({ record: { index, wire }, visits: { steps } }) => ({
      name: `client ${index}, ${wire}`,
      steps,
    }));
    return { visits, known: [...this.#known].map(([hall, tags]) => [hall, [...tags]]) };
  }
}
