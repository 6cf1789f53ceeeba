/** Makes the frames of a broadcast: pictures in two qualities, and sound. */
import { encodeFrame, type Frame } from '../../shared/frame.js';
import { LIMITS } from '../../shared/limits.js';
import { QUALITIES, type Quality } from '../../shared/protocol.js';
import { Effort } from './effort.js';
import { readPictures, readSound } from './tracks.js';

/** The surroundings of an encoder. */
export interface EncoderParts {
  /** Sends a frame. A key frame is `isKey`. */
  send(bytes: Uint8Array, isKey: boolean): void;
  /** Whether frames can be sent now. While it is false, pictures are left out. */
  canSend(): boolean;
  /** This browser cannot encode, or stopped to. */
  onFault(): void;
}

/** The encoder of a broadcast. */
export class Encoder {
  readonly #parts: EncoderParts;
  readonly #stops: (() => void)[] = [];
  readonly #pictures: readonly PictureEncoder[];
  #sound: AudioEncoder | undefined;
  #soundForm = '';
  readonly #soundTime = new CaptureTime();
  readonly #pictureTime = new CaptureTime();

  constructor(parts: EncoderParts) {
    this.#parts = parts;
    this.#pictures = QUALITIES.map((quality) => new PictureEncoder(quality, parts, this.#pictureTime));
  }

  /** Whether this browser can encode. */
  static get isAble(): boolean {
    return typeof VideoEncoder !== 'undefined' && typeof AudioEncoder !== 'undefined';
  }

  /** Starts to encode a stream. */
  start(stream: MediaStream): void {
    const [picture] = stream.getVideoTracks();
    const [sound] = stream.getAudioTracks();
    if (picture) this.#stops.push(readPictures(picture, (frame) => this.#seePicture(frame)));
    if (sound) this.#stops.push(readSound(sound, (data) => this.#hear(data)));
  }

  /** Makes the next pictures key frames, because the receiver has none. */
  begin(): void {
    for (const each of this.#pictures) each.begin();
  }

  /** Ends. */
  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
    for (const each of this.#pictures) each.stop();
    if (this.#sound?.state === 'configured') this.#sound.close();
    this.#sound = undefined;
  }

  #seePicture(picture: VideoFrame): void {
    const now = performance.now();
    this.#pictureTime.note(picture.timestamp, now);
    if (this.#parts.canSend()) for (const each of this.#pictures) each.take(picture, now);
    picture.close();
  }

  #hear(data: AudioData): void {
    // It arrives when its last sample was captured, and its timestamp is that of the first.
    this.#soundTime.note(data.timestamp + data.duration, performance.now());
    const encoder = this.#soundEncoder(data);
    if (encoder && encoder.encodeQueueSize < QUEUE_MAX) encoder.encode(data);
    data.close();
  }

  #soundEncoder({ sampleRate, numberOfChannels }: AudioData): AudioEncoder | undefined {
    const form = `${sampleRate} ${numberOfChannels}`;
    if (this.#sound?.state === 'configured' && form === this.#soundForm) return this.#sound;
    if (this.#soundForm !== '' && form !== this.#soundForm) return undefined;
    const channels = Math.min(2, numberOfChannels);
    const encoder = new AudioEncoder({
      output: (chunk) => this.#sendSound(chunk, channels),
      error: () => this.#parts.onFault(),
    });
    const opus = { frameDuration: SOUND_MS * 1_000 };
    const config = { codec: 'opus', sampleRate, numberOfChannels: channels, bitrate: LIMITS.soundBitrate, opus };
    encoder.configure(config as AudioEncoderConfig);
    this.#sound = encoder;
    this.#soundForm = form;
    return encoder;
  }

  #sendSound(chunk: EncodedAudioChunk, channels: number): void {
    const data = new Uint8Array(chunk.byteLength);
    chunk.copyTo(data);
    const timestamp = this.#soundTime.of(chunk.timestamp);
    const size = { width: 0, height: 0 };
    const frame: Frame = {
      type: 'audio',
      codec: 'opus',
      quality: 'high',
      isKey: true,
      channels,
      timestamp,
      at: 0,
      ...size,
      data,
    };
    this.#parts.send(encodeFrame(frame), false);
  }
}

/** Encodes the pictures of one quality. */
class PictureEncoder {
  readonly #quality: Quality;
  readonly #parts: EncoderParts;
  readonly #time: CaptureTime;
  #encoder: VideoEncoder | undefined;
  #size = { width: 0, height: 0 };
  readonly #effort: Effort;
  #keyAt = Number.NEGATIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;

  constructor(quality: Quality, parts: EncoderParts, time: CaptureTime) {
    this.#quality = quality;
    this.#effort = new Effort(quality === 'high' ? LIMITS.highHeight : LIMITS.lowHeight);
    this.#parts = parts;
    this.#time = time;
  }

  begin(): void {
    this.#keyAt = Number.NEGATIVE_INFINITY;
  }

  take(picture: VideoFrame, now: number): void {
    const encoder = this.#encoderFor(sizeFor(picture, this.#effort.lines));
    // A device that encodes too slowly leaves pictures out, and soon makes them smaller.
    const isTooSlow = encoder.encodeQueueSize >= BACKLOG_MAX;
    this.#effort.note(isTooSlow, now);
    if (isTooSlow) return;
    const keyFrame = now - this.#keyAt >= LIMITS.pageKeyMs;
    if (keyFrame) this.#keyAt = now;
    encoder.encode(picture, { keyFrame });
  }

  stop(): void {
    if (this.#encoder?.state === 'configured') this.#encoder.close();
    this.#encoder = undefined;
  }

  #encoderFor(size: { width: number; height: number }): VideoEncoder {
    const isSame = size.width === this.#size.width && size.height === this.#size.height;
    if (this.#encoder?.state === 'configured' && isSame) return this.#encoder;
    this.stop();
    this.#size = size;
    this.begin();
    const encoder = new VideoEncoder({
      output: (chunk) => this.#send(chunk, size),
      error: () => this.#parts.onFault(),
    });
    const bitrate = this.#quality === 'high' ? LIMITS.highBitrate : LIMITS.lowBitrate;
    encoder.configure({ codec: 'vp8', ...size, bitrate, framerate: 30, latencyMode: 'realtime' });
    this.#encoder = encoder;
    return encoder;
  }

  #send(chunk: EncodedVideoChunk, size: { width: number; height: number }): void {
    const data = new Uint8Array(chunk.byteLength);
    chunk.copyTo(data);
    const timestamp = Math.max(this.#time.of(chunk.timestamp), this.#last + 1);
    this.#last = timestamp;
    const isKey = chunk.type === 'key';
    const own = { quality: this.#quality, isKey, timestamp, ...size, data } as const;
    this.#parts.send(encodeFrame({ type: 'video', codec: 'vp8', channels: 0, at: 0, ...own }), isKey);
  }
}

/** Turns the timestamps of a track, which each track counts in its own way, into times of one clock, in microseconds. */
class CaptureTime {
  #offset: number | undefined;

  /** Notes that something with this timestamp is here now. The shortest way is taken for the time of the capture. */
  note(timestamp: number, now: number): void {
    const way = Math.round((performance.timeOrigin + now) * 1_000 - timestamp);
    this.#offset = Math.min(this.#offset ?? way, way);
  }

  of(timestamp: number): number {
    return timestamp + (this.#offset ?? 0);
  }
}

/** The size of a picture with at most that many lines on its shorter side: that of the source, or smaller, with even sides. */
function sizeFor({ displayWidth, displayHeight }: VideoFrame, lines: number): { width: number; height: number } {
  const shorter = Math.min(displayWidth, displayHeight);
  const scale = Math.min(1, lines / shorter);
  const even = (side: number): number => Math.max(LIMITS.sideMin, 2 * Math.round((side * scale) / 2));
  const longest = LIMITS.sideMax / Math.max(even(displayWidth), even(displayHeight));
  const fit = (side: number): number => (longest < 1 ? 2 * Math.floor((even(side) * longest) / 2) : even(side));
  return { width: fit(displayWidth), height: fit(displayHeight) };
}

const QUEUE_MAX = 50;
const BACKLOG_MAX = 3;
/** The length of a packet of sound in milliseconds. */
const SOUND_MS = 40;
