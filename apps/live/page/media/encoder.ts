/** Makes the frames of a broadcast: pictures in two qualities, and sound. */
import { type Colours, coloursOf } from '../../shared/colours.js';
import { encodeFrame, type Frame } from '../../shared/frame.js';
import { LIMITS } from '../../shared/limits.js';
import { QUALITIES, type Quality } from '../../shared/protocol.js';
import { CaptureTime, SoundTime } from './capture-time.js';
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
  #sound: SoundEncoder | undefined;
  #soundForm = '';
  readonly #pictureTime = new CaptureTime();
  #hasPicture = false;

  constructor(parts: EncoderParts) {
    this.#parts = parts;
    const send: EncoderParts['send'] = (...frame) => {
      this.#hasPicture = true;
      parts.send(...frame);
    };
    this.#pictures = QUALITIES.map((quality) => new PictureEncoder(quality, { ...parts, send }, this.#pictureTime));
  }

  /** Whether a picture was encoded. */
  get hasPicture(): boolean {
    return this.#hasPicture;
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
    if (this.#sound?.encoder.state === 'configured') this.#sound.encoder.close();
    this.#sound = undefined;
  }

  #seePicture(picture: VideoFrame): void {
    const now = performance.now();
    this.#pictureTime.note(picture.timestamp, now);
    if (this.#parts.canSend()) for (const each of this.#pictures) each.take(picture, now);
    picture.close();
  }

  #hear(data: AudioData): void {
    const sound = this.#soundFor(data);
    if (sound && sound.encoder.encodeQueueSize < SOUND_QUEUE_MAX) {
      sound.time.note(data, performance.now());
      sound.encoder.encode(data);
    }
    data.close();
  }

  #soundFor({ sampleRate, numberOfChannels }: AudioData): SoundEncoder | undefined {
    const form = `${sampleRate} ${numberOfChannels}`;
    if (this.#sound?.encoder.state === 'configured' && form === this.#soundForm) return this.#sound;
    if (this.#soundForm !== '' && form !== this.#soundForm) return undefined;
    const channels = Math.min(2, numberOfChannels);
    const time = new SoundTime();
    const encoder = new AudioEncoder({
      output: (chunk) => this.#sendSound(chunk, time.of(chunk.timestamp), channels),
      error: () => this.#parts.onFault(),
    });
    const opus = { frameDuration: SOUND_MS * 1_000 };
    const config = { codec: 'opus', sampleRate, numberOfChannels: channels, bitrate: LIMITS.soundBitrate, opus };
    encoder.configure(config as AudioEncoderConfig);
    this.#sound = { encoder, time };
    this.#soundForm = form;
    return this.#sound;
  }

  #sendSound(chunk: EncodedAudioChunk, timestamp: number, channels: number): void {
    const data = new Uint8Array(chunk.byteLength);
    chunk.copyTo(data);
    const size = { width: 0, height: 0 };
    const frame: Frame = {
      type: 'audio',
      codec: 'opus',
      quality: 'high',
      isKey: true,
      channels,
      colours: 'bt601',
      timestamp,
      at: 0,
      ...size,
      data,
    };
    this.#parts.send(encodeFrame(frame), false);
  }
}

/** The encoder of sound, and the clock of what it gets. */
interface SoundEncoder {
  readonly encoder: AudioEncoder;
  readonly time: SoundTime;
}

/** Encodes the pictures of one quality. */
class PictureEncoder {
  readonly #quality: Quality;
  readonly #parts: EncoderParts;
  readonly #time: CaptureTime;
  #encoder: VideoEncoder | undefined;
  #size = { width: 0, height: 0 };
  readonly #effort = new Effort();
  #colours: Colours = 'bt601';
  #keyAt = Number.NEGATIVE_INFINITY;
  /** The pictures in the encoder: their timestamps, and when they went in. The oldest is first. */
  readonly #inside = new Map<number, number>();
  #last = Number.NEGATIVE_INFINITY;

  constructor(quality: Quality, parts: EncoderParts, time: CaptureTime) {
    this.#quality = quality;
    this.#parts = parts;
    this.#time = time;
  }

  begin(): void {
    this.#keyAt = Number.NEGATIVE_INFINITY;
  }

  take(picture: VideoFrame, now: number): void {
    const encoder = this.#encoderFor(this.#sizeFor(picture));
    // A device that encodes too slowly leaves pictures out, and soon makes them smaller.
    const isTooSlow = encoder.encodeQueueSize >= QUEUE_MAX || this.#isBehind(now);
    this.#effort.note(isTooSlow, now);
    if (isTooSlow) return;
    const keyFrame = now - this.#keyAt >= LIMITS.pageKeyMs;
    if (keyFrame) this.#keyAt = now;
    this.#inside.set(picture.timestamp, now);
    encoder.encode(picture, { keyFrame });
  }

  stop(): void {
    if (this.#encoder?.state === 'configured') this.#encoder.close();
    this.#encoder = undefined;
    this.#inside.clear();
  }

  /** The size of the source, or a smaller one that the quality and the device allow, with even sides. */
  #sizeFor({ displayWidth, displayHeight }: VideoFrame): { width: number; height: number } {
    const shorter = Math.min(displayWidth, displayHeight);
    const most = this.#quality === 'high' ? LIMITS.highHeight : LIMITS.lowHeight;
    const scale = this.#effort.of(Math.min(most, shorter)) / shorter;
    const even = (side: number): number => Math.max(LIMITS.sideMin, 2 * Math.round((side * scale) / 2));
    const longest = LIMITS.sideMax / Math.max(even(displayWidth), even(displayHeight));
    const fit = (side: number): number => (longest < 1 ? 2 * Math.floor((even(side) * longest) / 2) : even(side));
    return { width: fit(displayWidth), height: fit(displayHeight) };
  }

  /** Whether pictures stay in the encoder for too long. Its own queue does not count those that it has begun. */
  #isBehind(now: number): boolean {
    for (const [timestamp, since] of this.#inside) {
      // An encoder may leave pictures out to save bits. They never come.
      if (now - since < LEFT_OUT_MS) break;
      this.#inside.delete(timestamp);
    }
    const [oldest = now] = this.#inside.values();
    return this.#inside.size > 1 && now - oldest > INSIDE_MS_MAX;
  }

  #encoderFor(size: { width: number; height: number }): VideoEncoder {
    const isSame = size.width === this.#size.width && size.height === this.#size.height;
    if (this.#encoder?.state === 'configured' && isSame) return this.#encoder;
    this.stop();
    this.#size = size;
    this.begin();
    const encoder = new VideoEncoder({
      output: (chunk, metadata) => {
        const space = metadata?.decoderConfig?.colorSpace;
        if (space) this.#colours = coloursOf(space);
        this.#send(chunk, size);
      },
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
    for (const each of this.#inside.keys()) if (each <= chunk.timestamp) this.#inside.delete(each);
    const timestamp = Math.max(this.#time.of(chunk.timestamp), this.#last + 1);
    this.#last = timestamp;
    const isKey = chunk.type === 'key';
    const own = { quality: this.#quality, colours: this.#colours, isKey, timestamp, ...size, data } as const;
    this.#parts.send(encodeFrame({ type: 'video', codec: 'vp8', channels: 0, at: 0, ...own }), isKey);
  }
}

/** Packets of sound, and pictures, that wait for their encoders. */
const SOUND_QUEUE_MAX = 50;
const QUEUE_MAX = 3;
/** The oldest of several pictures may be in the encoder for this long, in milliseconds. */
const INSIDE_MS_MAX = 70;
/** A picture that has not come out after this long was left out. */
const LEFT_OUT_MS = 300;
/** The length of a packet of sound in milliseconds. */
const SOUND_MS = 40;
