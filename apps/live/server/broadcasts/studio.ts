/**
 * A broadcast whose broadcaster is connected to this server: takes its frames, sends them out, and puts them on the
 * tape.
 */
import { stampFrame } from '../../shared/frame.js';
import { LIMITS } from '../../shared/limits.js';
import { type Desk, type Ending, lowestOf, QUALITIES, type Quality, type StreamFault } from '../../shared/protocol.js';
import type { LiveClock } from '../live-server.js';
import { Intake } from '../media/intake.js';
import type { Channels } from '../viewers/channels.js';
import type { Audience } from './audience.js';
import type { OnRecord } from './journal.js';
import { TapeRecorder, type Tapes } from './tape.js';

/** The other end of a studio: a page, or a program. */
export interface Broadcaster {
  /** Tells the broadcaster that the stream is refused, and closes it. */
  refuse(why: StreamFault): void;
  /** Closes the connection without a fault. */
  close(): void;
}

/** The parts that a studio works with. */
export interface StudioParts {
  readonly channels: Channels;
  readonly tapes: Tapes;
  readonly broadcaster: Broadcaster;
  readonly clock: LiveClock;
}

/**
 * One broadcast on this server. Frames get the time of the server for pages and the tape. Everything else goes by the
 * steady clock, so that a broadcast goes on when somebody sets the other one.
 */
export class Studio {
  readonly record: OnRecord;
  readonly broadcaster: Broadcaster;
  readonly #channels: Channels;
  readonly #clock: LiveClock;
  readonly #intake: Intake;
  readonly #recorders: ReadonlyMap<Quality, TapeRecorder>;
  /** Bytes of each track, and frames, since the last look. */
  readonly #bytes = { high: 0, low: 0, sound: 0 };
  #frames = 0;
  #figuresAt: number;
  /** The newest frame, once there was a picture. Sound alone is nothing to watch. */
  #lastFrameAt: number;
  #hasPicture = false;
  #newestKey: Uint8Array | undefined;
  #audience: Audience | undefined;

  constructor(record: OnRecord, { channels, tapes, broadcaster, clock }: StudioParts) {
    this.record = record;
    this.broadcaster = broadcaster;
    this.#channels = channels;
    this.#clock = clock;
    this.#intake = new Intake(record.qualities);
    this.#figuresAt = clock.steady();
    this.#lastFrameAt = this.#figuresAt;
    const recorderOf = (quality: Quality): TapeRecorder =>
      new TapeRecorder((at, frames) => tapes.keep(record.id, quality, at, frames));
    this.#recorders = new Map(record.qualities.map((quality) => [quality, recorderOf(quality)]));
  }

  /** Whether people see the broadcast in the list. */
  get isListed(): boolean {
    return this.#audience !== undefined;
  }

  /** Whether there was a picture. */
  get hasPicture(): boolean {
    return this.#hasPicture;
  }

  /** The number of viewers. */
  get viewers(): number {
    return this.#audience?.count ?? 0;
  }

  /** The broadcast comes into the list, so it can have an audience. */
  list(audience: Audience): void {
    this.#audience = audience;
  }

  /** The newest key frame of the lowest quality. */
  get newestKey(): Uint8Array | undefined {
    return this.#newestKey;
  }

  /** Takes one frame. Returns the fault of a stream that has to be closed. */
  take(bytes: Uint8Array): StreamFault | undefined {
    const steady = this.#clock.steady();
    const taken = this.#intake.take(bytes, steady);
    if ('fault' in taken) return taken.fault;
    const { frame } = taken;
    const { id, qualities } = this.record;
    const now = this.#clock.now();
    stampFrame(bytes, now);
    this.#hasPicture ||= frame.type === 'video';
    if (this.#hasPicture) this.#lastFrameAt = steady;
    if (frame.type === 'audio') {
      this.#bytes.sound += bytes.byteLength;
      this.#channels.sound(id, qualities, bytes);
      for (const recorder of this.#recorders.values()) recorder.add(frame, bytes, now);
      return undefined;
    }
    this.#bytes[frame.quality] += bytes.byteLength;
    if (frame.quality === 'high') this.#frames++;
    if (frame.isKey && frame.quality === lowestOf(qualities)) this.#newestKey = bytes;
    this.#channels.picture(id, frame.quality, frame.isKey, bytes);
    this.#recorders.get(frame.quality)?.add(frame, bytes, now);
    return undefined;
  }

  /** The fault of a stream that sends nothing, or no key frames. */
  get fault(): StreamFault | undefined {
    const now = this.#clock.steady();
    if (now - this.#lastFrameAt > LIMITS.stalledMs) return 'stalled';
    return this.#intake.isLate(now) ? 'key' : undefined;
  }

  /** The figures since the last call. */
  figures(): Desk {
    const now = this.#clock.steady();
    const seconds = Math.max(0.1, (now - this.#figuresAt) / 1_000);
    const rate = (quality: Quality): number => Math.round(((this.#bytes[quality] + this.#bytes.sound) * 8) / seconds);
    const bitrate = Object.fromEntries(this.record.qualities.map((quality) => [quality, rate(quality)]));
    const framesPerSecond = Math.round(this.#frames / seconds);
    this.#figuresAt = now;
    this.#frames = 0;
    this.#bytes.sound = 0;
    for (const quality of QUALITIES) this.#bytes[quality] = 0;
    const { count = 0, watched = 0, onLow = 0, lagging = [] } = this.#audience ?? {};
    return { bitrate, framesPerSecond, viewers: count, watched, onLow, lagging };
  }

  /** Ends the studio. The last frames go to the tape, unless the broadcast is over. */
  close(why: Ending | 'away'): void {
    if (why === 'away') for (const recorder of this.#recorders.values()) recorder.flush();
    this.#audience?.close();
  }
}
