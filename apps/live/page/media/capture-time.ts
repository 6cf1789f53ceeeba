/** Gives pictures and sound the times of their capture, in microseconds on one clock. */
import { RecentMinimum } from './recent-minimum.js';

/**
 * The times of a track, which counts its timestamps in its own way. The shortest way from it to the page is taken for
 * none.
 */
export class CaptureTime {
  readonly #wayUs = new RecentMinimum(WINDOW_MS);

  /** Notes that something has just come, whose capture ended at this timestamp. */
  note(timestamp: number, now: number): void {
    this.#wayUs.note(Math.round((performance.timeOrigin + now) * 1_000) - timestamp, now);
  }

  /** The time of the capture. */
  of(timestamp: number): number {
    return timestamp + this.#wayUs.value;
  }
}

/**
 * The times of the packets of one encoder of sound. An encoder takes the timestamp of its first samples, and counts
 * samples from there. It does not notice the samples that a busy device loses, so the timestamps of what goes in are
 * compared with that count.
 */
export class SoundTime {
  readonly #time = new CaptureTime();
  readonly #lostUs = new RecentMinimum(LOST_WINDOW_MS);
  /** The timestamp of the next sample, as the encoder counts. */
  #counted: number | undefined;
  #newest = Number.NEGATIVE_INFINITY;

  /** Notes samples that go to the encoder. They come when the last of them was captured. */
  note({ timestamp, duration }: Pick<AudioData, 'timestamp' | 'duration'>, now: number): void {
    this.#time.note(timestamp + duration, now);
    const counted = this.#counted ?? timestamp;
    // A device delivers in small bursts, so only a difference that stays is a loss.
    this.#lostUs.note(timestamp - counted, now);
    this.#counted = counted + duration;
  }

  /** The time of the capture of a packet. It is later than that of the packet before. */
  of(timestamp: number): number {
    this.#newest = Math.max(this.#newest + 1, this.#time.of(timestamp + this.#lostUs.value));
    return this.#newest;
  }
}

const WINDOW_MS = 30_000;
const LOST_WINDOW_MS = 250;
