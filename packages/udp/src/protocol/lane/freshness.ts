/**
 * Decides when a lane is fit for use. Both ends of UDP lanes and of lanes in browsers count in the same way.
 * docs/udp.md, "Lanes".
 */

/** Milliseconds between two signs of life that a client sends on its lane. */
export const LANE_SIGN_EVERY_MS = 4_000;
/** Milliseconds until the next sign if the server did not answer. */
export const LANE_SIGN_AGAIN_MS = 1_000;
/** A lane is not used after this many milliseconds of silence, until the other side sends again. */
export const LANE_FRESH_MS = 10_000;
/** Milliseconds of silence after which a lane is dropped. */
export const LANE_SILENCE_MS_MAX = 30_000;

/** The times at which one end of a lane has heard from the other. */
export class LaneFreshness {
  readonly #isServer: boolean;
  readonly #now: () => number;
  #heardAt: number;
  /** The time of the server's last answer to a sign, which shows that both directions are open. */
  #answeredAt: number;

  constructor(isServer: boolean, now: () => number) {
    this.#isServer = isServer;
    this.#now = now;
    this.#heardAt = now();
    this.#answeredAt = this.#heardAt;
  }

  /** Milliseconds since the other side last sent something. On a client: since the server's last answer to a sign. */
  get silentMs(): number {
    const now = this.#now();
    // A clock that was set back must not keep a dead lane in use until it has caught up.
    this.#heardAt = Math.min(this.#heardAt, now);
    this.#answeredAt = Math.min(this.#answeredAt, now);
    return now - (this.#isServer ? this.#heardAt : this.#answeredAt);
  }

  /** Whether the other side has recently shown that it hears this one, so that a message is likely to arrive. */
  get isFresh(): boolean {
    return this.silentMs < LANE_FRESH_MS;
  }

  /** Whether this end has heard nothing for so long that its signs have to say so. */
  get isDeaf(): boolean {
    return this.#now() - this.#heardAt >= LANE_FRESH_MS;
  }

  /** Notes that the other side has sent something. */
  onHeard(): void {
    this.#heardAt = this.#now();
  }

  /**
   * Takes a sign of life, and returns whether to answer it. A server stops using the lane when the client says that it
   * is deaf. Call `onHeard` first.
   */
  onSign(isDeaf: boolean): boolean {
    if (!this.#isServer) this.#answeredAt = this.#heardAt;
    else if (isDeaf) this.#heardAt = this.#now() - LANE_FRESH_MS;
    return this.#isServer;
  }
}
