/** The state of each namespace of a stream. A node keeps little of those that it has not used lately. */

/** The facts about a namespace in a stream that a node has learned. */
export interface NamespaceState {
  readonly name: string;
  /** The subject of the log, and that of its rewritten batches. */
  readonly subject: string;
  readonly sideSubject: string;
  /** The sequences of rewritten batches by those of the messages that they stand for. */
  readonly sides: Map<number, number>;
  /** The sequence of the newest message that retention has removed. */
  trimmed: number;
  /** The newest message that this node has heard of, and its number of records. */
  newest: { readonly seq: number; readonly count: number };
}

/** The facts that the stream has told by records of its own. A node reads these records once, so it keeps the facts. */
interface Told {
  readonly trimmed: number;
  readonly sides: Map<number, number> | undefined;
}

/** States that are kept because they were used last: so many, and up to as many more. */
const RECENT_MAX = 2_048;

/** The states of the namespaces of a stream. */
export class NamespaceStates {
  readonly #subjectsOf: (name: string) => Pick<NamespaceState, 'subject' | 'sideSubject'>;
  readonly #recentMax: number;
  #recent = new Map<string, NamespaceState>();
  /** The states that were recent before. */
  #earlier = new Map<string, NamespaceState>();
  readonly #told = new Map<string, Told>();

  constructor(subjectsOf: (name: string) => Pick<NamespaceState, 'subject' | 'sideSubject'>, recentMax = RECENT_MAX) {
    this.#subjectsOf = subjectsOf;
    this.#recentMax = recentMax;
  }

  /** Returns what is known of a namespace. */
  get(name: string): NamespaceState {
    const recent = this.#recent.get(name);
    if (recent) return recent;
    const state = this.#earlier.get(name) ?? this.#create(name);
    this.#recent.set(name, state);
    if (this.#recent.size > this.#recentMax) {
      this.#shrink(this.#earlier);
      this.#earlier = this.#recent;
      this.#recent = new Map();
    }
    return state;
  }

  /** Yields the sequences of messages that are gone, and whose offsets are still those of a log. */
  *gone(): Iterable<number> {
    for (const states of [this.#recent, this.#earlier, this.#told])
      for (const { trimmed, sides } of states.values()) {
        if (trimmed > 0) yield trimmed;
        if (sides) yield* sides.keys();
      }
  }

  /** Forgets everything but what the stream has told. */
  forgetNewest(): void {
    const all = [this.#earlier, this.#recent];
    [this.#earlier, this.#recent] = [new Map(), new Map()];
    for (const states of all) this.#shrink(states);
  }

  /** Forgets everything. */
  clear(): void {
    for (const states of [this.#recent, this.#earlier, this.#told]) states.clear();
  }

  #create(name: string): NamespaceState {
    const { trimmed = 0, sides = new Map<number, number>() } = this.#told.get(name) ?? {};
    this.#told.delete(name);
    return { name, ...this.#subjectsOf(name), sides, trimmed, newest: { seq: 0, count: 0 } };
  }

  /** Keeps what the stream has told of states that are not recent. */
  #shrink(states: ReadonlyMap<string, NamespaceState>): void {
    for (const [name, { trimmed, sides }] of states)
      if (this.#recent.get(name) === undefined && (trimmed > 0 || sides.size > 0))
        this.#told.set(name, { trimmed, sides: sides.size > 0 ? sides : undefined });
  }
}
