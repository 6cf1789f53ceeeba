/** The clock of the server, as well as the page knows it. */

/** One look at the clock of the server. */
interface Look {
  /** How much the server's clock is ahead of the page's, if both ways took the same time. */
  readonly aheadMs: number;
  /** The time that the question and the answer needed together. */
  readonly tripMs: number;
}

/** The clock of the server. The look with the shortest trip counts, because it is off by half of its trip at most. */
export class ServerClock {
  readonly #now: () => number;
  #looks: Look[] = [];

  /** `now` is a clock of the page that is never set, in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Begins anew with a time that has come from a server by itself, so that its way is unknown. */
  begin(serverNow: number): void {
    this.#looks = [{ aheadMs: serverNow - this.#now(), tripMs: Number.POSITIVE_INFINITY }];
  }

  /** Notes the answer to a question that was sent at `sentAt` of the page's clock. */
  note(sentAt: number, serverNow: number): void {
    const now = this.#now();
    const look = { aheadMs: serverNow - (sentAt + now) / 2, tripMs: now - sentAt };
    // Clocks drift apart, so old looks are forgotten.
    this.#looks = [...this.#looks, look].slice(-LOOKS);
  }

  /** The time of the server, in milliseconds. */
  get now(): number {
    return this.#now() + (this.#best?.aheadMs ?? 0);
  }

  /** Whether the time is off by 50 ms at most. */
  get isExact(): boolean {
    return (this.#best?.tripMs ?? Number.POSITIVE_INFINITY) <= EXACT_TRIP_MS;
  }

  get #best(): Look | undefined {
    return this.#looks.toSorted((one, other) => one.tripMs - other.tripMs)[0];
  }
}

const LOOKS = 10;
const EXACT_TRIP_MS = 100;
