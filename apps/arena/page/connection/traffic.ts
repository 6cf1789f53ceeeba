/** Counts snapshots and bytes of the last seconds: how much comes, and how much of it is lost. */

/** The figures of the last seconds. */
export interface Counted {
  readonly lossPercent: number;
  readonly snapshotsPerSecond: number;
  readonly bytesInPerSecond: number;
  readonly bytesOutPerSecond: number;
}

/** The time that counts, in milliseconds. */
const WINDOW_MS = 5_000;

/** The traffic of a place in a room. */
export class Traffic {
  #received: { readonly at: number; readonly tick: number; readonly bytes: number }[] = [];
  #sent: { readonly at: number; readonly bytes: number }[] = [];

  /** Notes a snapshot. Each tick has one, so a missing tick is a lost snapshot. */
  received(at: number, tick: number, bytes: number): void {
    this.#received.push({ at, tick, bytes });
  }

  /** Notes a message with inputs. */
  sent(at: number, bytes: number): void {
    this.#sent.push({ at, bytes });
  }

  /** The figures at a time. Older entries are forgotten. */
  at(now: number): Counted {
    const isNew = ({ at }: { at: number }): boolean => now - at < WINDOW_MS;
    this.#received = this.#received.filter(isNew);
    this.#sent = this.#sent.filter(isNew);
    const ticks = new Set(this.#received.map(({ tick }) => tick));
    const [first, last] = [Math.min(...ticks), Math.max(...ticks)];
    const span = ticks.size === 0 ? 0 : last - first + 1;
    const seconds = WINDOW_MS / 1_000;
    return {
      lossPercent: span === 0 ? 0 : ((span - ticks.size) / span) * 100,
      snapshotsPerSecond: this.#received.length / seconds,
      bytesInPerSecond: sum(this.#received) / seconds,
      bytesOutPerSecond: sum(this.#sent) / seconds,
    };
  }

  /** Forgets everything. */
  clear(): void {
    this.#received = [];
    this.#sent = [];
  }
}

function sum(all: readonly { readonly bytes: number }[]): number {
  return all.reduce((total, { bytes }) => total + bytes, 0);
}
