/** The flights of all namespaces of a server: which are open, and which the log has refused. */

/** The fences of one namespace with open flights. */
interface OpenFences {
  /** Carries out an operation when the flights of the namespace that are open now are delivered. */
  run(operation: () => void): void;
}

/** How acknowledgements wait for the log. */
export interface ConfirmationsOptions {
  /** Whether every acknowledgement waits until the log has what it confirms. @default false */
  readonly isPatient?: boolean;
  /** See `isFull`. @default Infinity */
  readonly waitingMax?: number;
}

/** Refused flights whose numbers are remembered. Beyond that, everything before the oldest of them counts as refused. */
const REFUSED_MAX = 1_000;

/**
 * Numbers the flights of a server in the order in which they began. Guarantee: `whenKept` never calls an event kept that the log has refused
 * or may still refuse.
 */
export class Confirmations {
  /** Whether every acknowledgement waits until the log has what it confirms. */
  readonly isPatient: boolean;
  readonly #waitingMax: number;
  readonly #open = new Set<OpenFences>();
  #count = 0;
  #waiting = 0;
  readonly #refused: number[] = [];
  /** The newest refused flight that is not remembered by itself any more. */
  #forgotten = 0;

  constructor({ isPatient = false, waitingMax = Number.POSITIVE_INFINITY }: ConfirmationsOptions = {}) {
    this.isPatient = isPatient;
    this.#waitingMax = waitingMax;
  }

  /** The number of the newest flight. */
  get newest(): number {
    return this.#count;
  }

  /** Whether so many confirmations wait for the log that no more should begin to wait. */
  get isFull(): boolean {
    return this.#waiting >= this.#waitingMax;
  }

  /** A flight begins. Returns its number. */
  begin(fences: OpenFences): number {
    this.#open.add(fences);
    this.#count += 1;
    return this.#count;
  }

  /** The log has refused a flight. Without a number, it did so within the call. */
  refuse(number?: number): void {
    if (number === undefined) this.#count += 1;
    this.#refused.push(number ?? this.#count);
    if (this.#refused.length > REFUSED_MAX) this.#forgotten = Math.max(this.#forgotten, this.#refused.shift() ?? 0);
  }

  /** A namespace has no flights any more, and nothing waits for them. */
  end(fences: OpenFences): void {
    this.#open.delete(fences);
  }

  /** Does what `whenKept` does. While `isFull`, nothing is confirmed. */
  confirm(since: number, callback: (isKept: boolean) => void): void {
    if (this.isFull) callback(false);
    else this.whenKept(since, callback);
  }

  /**
   * Calls back when all flights that are open now are delivered, which may be at once. `isKept` says that the log has taken all flights that began
   * after the flight `since`.
   */
  whenKept(since: number, callback: (isKept: boolean) => void): void {
    const until = this.#count;
    const open = [...this.#open];
    let left = open.length;
    if (left === 0) {
      callback(!this.#hasRefused(since, until));
      return;
    }
    this.#waiting += 1;
    const onDelivered = (): void => {
      left -= 1;
      if (left > 0) return;
      this.#waiting -= 1;
      callback(!this.#hasRefused(since, until));
    };
    for (const fences of open) fences.run(onDelivered);
  }

  #hasRefused(since: number, until: number): boolean {
    return since < this.#forgotten || this.#refused.some((number) => number > since && number <= until);
  }
}
