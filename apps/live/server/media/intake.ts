/** Checks every frame of a stream: its form, size, codec, key frames, timestamps and rate. */
import { Bucket } from '@naru/guard';
import { decodeFrame, type Frame } from '../../shared/frame.js';
import { LIMITS } from '../../shared/limits.js';
import { QUALITIES, type Quality, type StreamFault } from '../../shared/protocol.js';
import { isOpus, type PictureHeader, readVp8, readVp9 } from './picture-header.js';

/** One track of a stream: the pictures of one quality, or the sound. */
interface Track {
  codec: string;
  channels: number;
  lastTimestamp: number;
  /** When its newest key frame came. */
  keyAt: number;
  readonly frames: Bucket;
  readonly bytes: Bucket;
}

/** A frame that passed, or the reason why the stream is refused. */
export type Taken = { readonly frame: Frame } | { readonly fault: StreamFault };

/**
 * The checks of one stream. All times come from a clock that nobody sets. Invariant: each track began with a key frame,
 * and its timestamps rise.
 */
export class Intake {
  readonly #qualities: ReadonlySet<Quality>;
  readonly #tracks = new Map<string, Track>();
  /** The difference between the clocks of the server and of the stream. It began with the first frame. */
  #offsetMs: number | undefined;
  /** When it last followed the stream. */
  #followedAt = 0;

  constructor(qualities: readonly Quality[]) {
    this.#qualities = new Set(qualities);
  }

  /** Takes the bytes of one frame. After a fault, the stream has to be closed. */
  take(bytes: Uint8Array, now: number): Taken {
    if (bytes.byteLength > LIMITS.frameBytesMax) return { fault: 'size' };
    const frame = decodeFrame(bytes);
    if (!frame) return { fault: 'bytes' };
    const fault = frame.type === 'video' ? this.#seePicture(frame, now) : this.#hear(frame, now);
    return fault === undefined ? { frame } : { fault };
  }

  /** Whether the key frames of a quality are overdue. A stream that sends no pictures at all is stalled instead. */
  isLate(now: number): boolean {
    return QUALITIES.some((quality) => {
      const track = this.#tracks.get(quality);
      return track !== undefined && now - track.keyAt > 2 * LIMITS.keyMs + LIMITS.stalledMs;
    });
  }

  #seePicture(frame: Frame, now: number): StreamFault | undefined {
    if (!this.#qualities.has(frame.quality) || frame.codec === 'opus') return 'codec';
    const claims = frame.codec === 'vp8' ? readVp8(frame.data) : readVp9(frame.data);
    if (!claims || claims.isKey !== frame.isKey) return 'bytes';
    if (frame.isKey) {
      const fault = sizeFault(frame, claims);
      if (fault) return fault;
    }
    const track = this.#tracks.get(frame.quality);
    if (!track && !frame.isKey) return 'key';
    if (track && track.codec !== frame.codec) return 'codec';
    if (track && !frame.isKey && now - track.keyAt > LIMITS.keyMs + KEY_SLACK_MS) return 'key';
    const { burstSeconds, framesPerSecond, bytesPerSecond } = LIMITS;
    const limits = [burstSeconds * framesPerSecond, framesPerSecond, 3 * bytesPerSecond, bytesPerSecond];
    return this.#pass(frame.quality, frame, limits, now);
  }

  #hear(frame: Frame, now: number): StreamFault | undefined {
    if (frame.codec !== 'opus' || frame.channels < 1 || frame.channels > 2) return 'codec';
    if (frame.data.byteLength > LIMITS.soundBytesMax) return 'size';
    if (!isOpus(frame.data)) return 'bytes';
    const track = this.#tracks.get('sound');
    if (track && track.channels !== frame.channels) return 'codec';
    const { burstSeconds, soundsPerSecond, soundBytesMax } = LIMITS;
    const bytes = soundsPerSecond * soundBytesMax;
    return this.#pass('sound', frame, [burstSeconds * soundsPerSecond, soundsPerSecond, bytes, bytes], now);
  }

  /** The checks that pictures and sound share. `limits` are the burst and the rate of frames, and those of bytes. */
  #pass(name: string, frame: Frame, limits: readonly number[], now: number): StreamFault | undefined {
    const track = this.#tracks.get(name) ?? newTrack(frame, limits, now);
    this.#tracks.set(name, track);
    if (frame.timestamp <= track.lastTimestamp) return 'time';
    if (!this.#isInTime(now, now - frame.timestamp / 1_000)) return 'time';
    if (!track.frames.take(1, now) || !track.bytes.take(frame.data.byteLength, now)) return 'rate';
    track.lastTimestamp = frame.timestamp;
    if (frame.isKey) track.keyAt = now;
    return undefined;
  }

  /** Whether the stream is near its clock. The difference follows it slowly, because no two clocks run alike. */
  #isInTime(now: number, offsetMs: number): boolean {
    this.#offsetMs ??= offsetMs;
    const driftMs = offsetMs - this.#offsetMs;
    if (Math.abs(driftMs) > LIMITS.driftMs) return false;
    const mostMs = (now - this.#followedAt) * SKEW_MAX;
    this.#offsetMs += Math.max(-mostMs, Math.min(mostMs, driftMs));
    this.#followedAt = now;
    return true;
  }
}

function newTrack(frame: Frame, limits: readonly number[], now: number): Track {
  const [frameBurst = 0, frameRate = 0, byteBurst = 0, byteRate = 0] = limits;
  return {
    codec: frame.codec,
    channels: frame.channels,
    lastTimestamp: Number.NEGATIVE_INFINITY,
    keyAt: now,
    frames: new Bucket({ perSecond: frameRate, burst: frameBurst }, now),
    bytes: new Bucket({ perSecond: byteRate, burst: byteBurst }, now),
  };
}

function sizeFault({ width, height }: Frame, claims: PictureHeader): StreamFault | undefined {
  if (claims.width !== width || claims.height !== height) return 'bytes';
  const isTooSmall = Math.min(width, height) < LIMITS.sideMin;
  const isTooLarge = Math.max(width, height) > LIMITS.sideMax || width * height > LIMITS.pixelsMax;
  return isTooSmall || isTooLarge ? 'size' : undefined;
}

/** The clock of a stream may be faster or slower than that of the server by this part, a millisecond a second. */
const SKEW_MAX = 0.001;
/** A key frame may be this much later than the limit says, because networks delay. */
const KEY_SLACK_MS = 1_000 * LIMITS.burstSeconds;
