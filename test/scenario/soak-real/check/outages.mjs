// When servers could not reach the home of the log, as each of them has noticed. Promises are weaker then: questions and the ends of sessions
// wait for the log for a second, and what a server has confirmed after that is lost if the server dies before the log is back.

/** Milliseconds without an answer of the home after which a server may have stopped waiting. Answers come five times a second. */
const UNSURE_MS = 900;
/** Milliseconds after an outage in which its effects may still arrive. */
const AFTER_MS = 500;

/** The outages of all servers. */
export class Outages {
  #all = [];

  /** `lives` are those of servers, and `beats` the times at which the home has answered each of them. */
  constructor(lives = new Map(), beats = new Map()) {
    for (const [boot, { node, from, to }] of lives) {
      const times = [from, ...(beats.get(boot) ?? [])];
      const end = Math.max(Number.isFinite(to) ? to : 0, times.at(-1));
      [...times, end].forEach((time, index, all) => {
        const next = all[index + 1];
        if (next - time > UNSURE_MS) this.#all.push({ node, from: time, to: next, isEnd: index === all.length - 2 });
      });
    }
  }

  get count() {
    return this.#all.length;
  }

  /** Whether a server, or any server for `undefined`, did not reach the home at a time. */
  includes(node, time) {
    return this.#all.some(
      (each) => (node ?? each.node) === each.node && time >= each.from && time <= each.to + AFTER_MS,
    );
  }

  /** Whether a server ended before it reached the home again, and may have confirmed something at this time. */
  isLostAt(time) {
    return this.#all.some(({ from, to, isEnd }) => isEnd && time >= from && time <= to + AFTER_MS);
  }
}
