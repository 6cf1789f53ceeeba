/** The people of a process: one for each ticket. */

/** The connections of a person. */
export interface Presence {
  connections: number;
  /** The time when the last connection was lost. It has no meaning while there is one. */
  lostAt: number;
}

/**
 * People by key. They are kept a little longer than their connections, so that a reconnect does not clear a warning.
 */
export class People<Person extends Presence> {
  readonly #max: number;
  readonly #keptMs: number;
  readonly #byKey = new Map<string, Person>();

  /** `max` is the most people at once, and `keptMs` the time for which those without a connection are kept. */
  constructor(max: number, keptMs: number) {
    this.#max = max;
    this.#keptMs = keptMs;
  }

  /**
   * Returns the person with a key, or one that `make` returns. Returns undefined if there are too many people with a
   * connection.
   */
  board(key: string, make: () => Person): Person | undefined {
    const known = this.#byKey.get(key);
    if (known) return known;
    if (this.#byKey.size >= this.#max && !this.#forgetOne()) return undefined;
    const person = make();
    this.#byKey.set(key, person);
    return person;
  }

  /** Forgets people who left a while ago. */
  sweep(now: number): void {
    for (const [key, { connections, lostAt }] of this.#byKey) {
      if (connections === 0 && now - lostAt > this.#keptMs) this.#byKey.delete(key);
    }
  }

  /** Forgets somebody who has left, so that those who come and go cannot keep others out. */
  #forgetOne(): boolean {
    for (const [key, { connections }] of this.#byKey) if (connections === 0) return this.#byKey.delete(key);
    return false;
  }
}
