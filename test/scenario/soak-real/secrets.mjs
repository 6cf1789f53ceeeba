// The secrets of links, which change while everything runs: each server that starts has those of the present step
// (docs/clusters.md).

const [OLD, NEW] = ['the old secret of this soak', 'the new secret of this soak'];

/** The steps to a new secret. A server begins the next step when the last one has the present step. */
const STEPS = [[OLD], [OLD, NEW], [NEW, OLD], [NEW]];
/** The same in one step, so that servers do not accept each other for a while. */
const LEAP = [[OLD], [NEW]];

/** The secrets of all places of servers. */
export class Secrets {
  #steps;
  #step = 0;
  /** The step of the newest server of each place. */
  #given = new Map();
  #count;

  constructor(count, isLeap = false) {
    this.#count = count;
    this.#steps = isLeap ? LEAP : STEPS;
  }

  /** Returns the secrets for a server that starts at a place. The former server of the place has ended. */
  startAt(place) {
    this.#given.set(place, this.#step);
    const isDone = this.#given.size === this.#count && [...this.#given.values()].every((each) => each === this.#step);
    const secrets = this.#steps[this.#step];
    if (isDone && this.#step < this.#steps.length - 1) this.#step += 1;
    return secrets;
  }

  /** The first place without the secrets of the present step, if there is one. */
  get behind() {
    return [...this.#given].find(([, step]) => step < this.#step)?.[0];
  }

  /** The steps that all servers have taken, of how many. */
  get progress() {
    const taken = Math.min(...this.#given.values());
    return `${taken} of ${this.#steps.length - 1}`;
  }
}
