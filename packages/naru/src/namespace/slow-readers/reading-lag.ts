/**
 * Estimates how far a client is behind with the media that it gets. The kernel buffers megabytes, so the drain of a
 * socket says little.
 */

/** Milliseconds between two probes while media flow. */
const PROBE_MS = 500;
/** The most probes that wait for their answer. */
const PROBES_MAX = 4;
/** A round trip may take this many milliseconds more than the shortest one, before the line counts as busy. */
const BUSY_MS = 200;
/** The most milliseconds that a line may take without any queue. A longer round trip has a queue in it. */
const LINE_MS = 500;
/** The shortest time between two answers that says how much the line carries, in milliseconds. */
const SPAN_MS = 100;
/** Milliseconds for which the word of the program counts. Without a newer one, the probes decide again. */
const WORD_MS = 5_000;

/** A ping behind media. */
interface Probe {
  readonly at: number;
  /** When the first of the bytes left that no earlier probe answers for. */
  readonly since: number;
  /** All bytes of media that were sent before it. */
  readonly bytes: number;
}

/**
 * The lag of one client. All times are milliseconds of the server's clock, and never go back. The client is behind by
 * the larger of two times: the age of the oldest probe without an answer, and the time that its line needs for what is
 * on the way. The shortest round trip does not count.
 */
export class ReadingLag {
  #sentBytes = 0;
  /** When the newest event of a group was emitted that has left. */
  #emittedAt = 0;
  /** When the first event was emitted that the client has not seen. A pause before it does not count. */
  #unseenAt = 0;
  readonly #probes: Probe[] = [];
  #probedAt = Number.NEGATIVE_INFINITY;
  #probedBytes = 0;
  /** When the first of the bytes left that no probe answers for. */
  #since = 0;
  #answeredBytes = 0;
  #answeredAt = 0;
  #answers = 0;
  /**
   * Bytes that the line carries in a millisecond, as its last busy time has shown. Infinite until then, and when it has
   * carried more since.
   */
  #rate = Number.POSITIVE_INFINITY;
  /** When the line was found to be busy. */
  #ratedAt = Number.NEGATIVE_INFINITY;
  /** The shortest round trip. */
  #roundTripMs = Number.POSITIVE_INFINITY;
  #seenAt = 0;
  #saidAt = Number.NEGATIVE_INFINITY;

  /**
   * Notes that an event of this size left for the client. `emittedAt` is given for events of groups, which the client
   * says it has seen.
   */
  onSent(bytes: number, now: number, emittedAt?: number): void {
    if (this.#sentBytes === this.#probedBytes) this.#since = now;
    this.#sentBytes += bytes;
    if (emittedAt === undefined) return;
    if (this.#emittedAt - this.#seenAt <= BUSY_MS) this.#unseenAt = emittedAt;
    this.#emittedAt = emittedAt;
  }

  /** Whether a probe is due. `isUrgent` says that its answer matters more than its price. */
  isProbeDue(now: number, isUrgent: boolean): boolean {
    if (this.#sentBytes === this.#probedBytes || this.#probes.length >= PROBES_MAX) return false;
    return isUrgent || now - this.#probedAt >= PROBE_MS;
  }

  /** Notes that a probe left for the client. */
  onProbe(now: number): void {
    this.#probedAt = now;
    this.#probedBytes = this.#sentBytes;
    this.#probes.push({ at: now, since: this.#since, bytes: this.#sentBytes });
  }

  /** Notes that the client has answered its oldest probe. */
  onAnswer(now: number): void {
    const probe = this.#probes.shift();
    if (!probe) return;
    const roundTripMs = now - probe.at;
    this.#roundTripMs = Math.min(this.#roundTripMs, roundTripMs);
    this.#weigh(probe.bytes - this.#answeredBytes, this.#carryingMs(probe, now), roundTripMs, now);
    this.#answeredBytes = probe.bytes;
    this.#answeredAt = now;
    this.#answers += 1;
  }

  /** Learns from an answer how much the line carries. */
  #weigh(bytes: number, carryingMs: number, roundTripMs: number, now: number): void {
    // A line that carried far more than it was thought to carry was only interrupted, or has become faster. Nobody
    // knows how fast it is.
    if (bytes > 1.5 * this.#rate * (carryingMs + BUSY_MS)) this.#rate = Number.POSITIVE_INFINITY;
    // A line without a queue carries what it gets, which says nothing about what it could carry. The same holds for
    // answers close together.
    else if (roundTripMs - this.#roundTripMs > BUSY_MS && carryingMs >= SPAN_MS) {
      // After an interruption, the next answers come soon.
      if (this.#rate === Number.POSITIVE_INFINITY) this.#ratedAt = now;
      this.#rate = bytes / carryingMs;
    }
  }

  /**
   * Notes that the client has received or shown everything that was emitted until `at`. A time in the future counts as
   * now.
   */
  onSeen(at: number, now: number): void {
    const seenAt = Math.min(at, now);
    // A client that says the same again, such as a hidden page, says nothing about now.
    if (seenAt <= this.#seenAt) return;
    this.#seenAt = seenAt;
    this.#saidAt = now;
  }

  /**
   * Milliseconds by which the client is behind. `waitingBytes` have not left for the client, the oldest of them since
   * `waitingSince`.
   */
  lagMs(now: number, waitingBytes: number, waitingSince: number | undefined): number {
    const waitingMs = waitingSince === undefined ? 0 : now - waitingSince;
    const isSaid = now - this.#saidAt <= WORD_MS;
    // The newest event that left counts, and not the time, because a client cannot see what it did not get.
    return Math.max(0, waitingMs, isSaid ? this.#said : this.#probedLag(now, waitingBytes));
  }

  get #said(): number {
    return this.#emittedAt - Math.max(this.#seenAt, this.#unseenAt);
  }

  #probedLag(now: number, waitingBytes: number): number {
    const [oldest] = this.#probes;
    const age = oldest ? now - oldest.at - Math.min(LINE_MS, this.#roundTripMs) : 0;
    const bytes = this.#sentBytes + waitingBytes;
    const begin = oldest?.since ?? this.#since;
    // The line has carried some of it since the last answer.
    const elapsedMs = Math.max(0, now - Math.max(this.#answeredAt, begin));
    const isSure = now - this.#ratedAt >= BUSY_MS;
    const forecast = isSure ? (bytes - this.#answeredBytes) / this.#rate - elapsedMs : 0;
    if (!oldest || this.#answers !== 1) return Math.max(age, forecast);
    // The second answer tells the rate for the first time. Until it comes, the line has carried less than what it
    // answers for.
    const rateMax = (oldest.bytes - this.#answeredBytes) / this.#carryingMs(oldest, now);
    return Math.max(age, (bytes - oldest.bytes) / rateMax);
  }

  /**
   * Milliseconds that the line has had for the bytes of a probe: since the answer before, or since the first of them
   * could have arrived.
   */
  #carryingMs({ since }: Probe, now: number): number {
    return Math.max(1, now - Math.max(this.#answeredAt, since + this.#roundTripMs));
  }
}
