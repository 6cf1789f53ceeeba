/** Takes a WebM stream apart with mediabunny, and makes frames of its packets as they arrive. */
import { EncodedPacketSink, Input, type InputTrack, ReadableStreamSource, WEBM } from 'mediabunny';
import { coloursOf } from '../../shared/colours.js';
import { type Codec, encodeFrame, type Frame } from '../../shared/frame.js';
import { LIMITS } from '../../shared/limits.js';
import type { StreamFault } from '../../shared/protocol.js';
import { StreamError } from '../errors.js';
import { type PictureHeader, readVp8, readVp9 } from './picture-header.js';

/** The receiver of a stream's frames. */
export interface WebmReceiver {
  /** Called once, before the first frame. The frames wait for it. After false, none follows. */
  onBegin?(): Promise<boolean>;
  /** Takes one frame. Returns false when no further one is wanted. */
  onFrame(bytes: Uint8Array): boolean;
  /** The stream is not one that can be shown. Called at most once. */
  onFault(fault: StreamFault): void;
}

/** One WebM stream. Bytes go in as they come; frames come out in the order of their tracks. */
export class WebmStream {
  /** Resolves when the stream was read to its end, or is refused. */
  readonly done: Promise<void>;
  readonly #receiver: WebmReceiver;
  readonly #now: () => number;
  /** The time of the server at the beginning of the stream, in microseconds. */
  #zeroUs: number | undefined;
  #queue: ReadableStreamDefaultController<Uint8Array> | undefined;
  #isOver = false;
  #isRefused = false;
  #hasFrames = false;
  #begun: Promise<boolean> | undefined;
  /** Bytes since the last frame. */
  #heldBytes = 0;

  /** `now` is the clock of the server, in milliseconds. */
  constructor(now: () => number, receiver: WebmReceiver) {
    this.#receiver = receiver;
    this.#now = now;
    const stream = new ReadableStream<Uint8Array>(
      {
        start: (queue) => {
          this.#queue = queue;
        },
        cancel: () => {
          this.#isOver = true;
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: WAITING_BYTES_MAX }),
    );
    this.done = this.#read(stream).catch((error: unknown) => this.#fail(error));
  }

  /**
   * Adds the next bytes. A stream is refused if it comes faster than it can be read, or has no frame for many bytes.
   */
  write(bytes: Uint8Array): void {
    if (this.#isOver || !this.#queue) return;
    this.#heldBytes += bytes.byteLength;
    // The reader waits for the whole of an element, whatever size it claims.
    if (this.#heldBytes > HELD_BYTES_MAX) this.#fail(new StreamError('size'));
    else if ((this.#queue.desiredSize ?? 0) < bytes.byteLength) this.#fail(new StreamError('rate'));
    else this.#queue.enqueue(bytes);
  }

  /** Ends the stream after the bytes so far. A stream that breaks off in the middle of a frame is not a fault. */
  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#queue?.close();
  }

  #fail(error: unknown): void {
    if (this.#isRefused || (this.#isOver && this.#hasFrames)) return;
    const wasOver = this.#isOver;
    this.#isRefused = true;
    this.#isOver = true;
    this.#receiver.onFault(error instanceof StreamError ? error.code : 'bytes');
    if (!wasOver) this.#queue?.error(error);
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const source = new BoundedSource(stream, {
      maxCacheSize: CACHE_BYTES_MAX,
      handleUnhandledError: (error) => this.#fail(error),
    });
    const input = new Input({ source, formats: [WEBM] });
    const [picture, sound] = [await input.getPrimaryVideoTrack(), await input.getPrimaryAudioTrack()];
    if (!picture) throw new StreamError('codec');
    const forms = [await formOfPicture(picture), sound ? await formOfSound(sound) : undefined] as const;
    const following = [this.#follow(picture, forms[0])];
    if (sound && forms[1]) following.push(this.#follow(sound, forms[1]));
    await Promise.all(following);
  }

  /**
   * The time of a frame on the clock of the server, in microseconds. Each stream counts from its own beginning. A
   * broadcaster that comes back starts another one, which has to follow the first.
   */
  #timeOf(timestamp: number): number {
    const us = Math.round(timestamp * 1_000_000);
    this.#zeroUs ??= Math.round(this.#now() * 1_000) - us;
    return this.#zeroUs + us;
  }

  async #follow(track: InputTrack, form: Form): Promise<void> {
    let own: Pick<PictureHeader, 'width' | 'height' | 'colours'> = form;
    for await (const { type, timestamp, data } of new EncodedPacketSink(track).packets()) {
      if (data.byteLength > LIMITS.frameBytesMax) throw new StreamError('size');
      const isKey = type === 'key';
      if (isKey) own = headerIn(data, form) ?? own;
      const { width, height, colours = form.colours } = own;
      const frame: Frame = { ...form, width, height, colours, isKey, timestamp: this.#timeOf(timestamp), at: 0, data };
      this.#hasFrames = true;
      this.#heldBytes = 0;
      this.#begun ??= this.#receiver.onBegin?.() ?? Promise.resolve(true);
      if (!(await this.#begun) || !this.#receiver.onFrame(encodeFrame(frame))) {
        this.#isOver = true;
        this.#isRefused = true;
        return;
      }
    }
  }
}

/**
 * The header of a key frame. `undefined` for other frames. The head of the stream knows the first size only, and that
 * of a screen or of a phone changes.
 */
function headerIn(data: Uint8Array, { codec }: Form): PictureHeader | undefined {
  if (codec === 'opus') return undefined;
  const header = codec === 'vp8' ? readVp8(data) : readVp9(data);
  return header?.isKey ? header : undefined;
}

/**
 * A source that ends a reader that makes no progress. After junk, mediabunny 1.61 searches for the next element. When
 * eight bytes are left, it reads them again and again, and the whole process waits for it.
 */
class BoundedSource extends ReadableStreamSource {
  #farthest = -1;
  #reads = 0;

  /** Reads some bytes. The library calls it for each piece that it looks at. */
  _read(start: number, end: number): unknown {
    if (end - start > CACHE_BYTES_MAX) throw new StreamError('size');
    if (start > this.#farthest) {
      this.#farthest = start;
      this.#reads = 0;
    } else if (++this.#reads > READS_MAX) throw new StreamError('bytes');
    // The types of the library leave this method out.
    return Reflect.apply(Reflect.get(ReadableStreamSource.prototype, '_read'), this, [start, end]);
  }
}

type Form = Pick<Frame, 'type' | 'codec' | 'quality' | 'channels' | 'colours' | 'width' | 'height'>;

async function formOfPicture(track: InputTrack): Promise<Form> {
  const config = track.isVideoTrack() ? await track.getDecoderConfig() : null;
  const codec = codecOf(config?.codec, ['vp8', 'vp9']);
  const { codedWidth: width = 0, codedHeight: height = 0 } = config ?? {};
  const colours = coloursOf(config?.colorSpace ?? {}, codec === 'vp9' ? height : 0);
  return { type: 'video', codec, quality: 'high', channels: 0, colours, width, height };
}

async function formOfSound(track: InputTrack): Promise<Form> {
  const config = track.isAudioTrack() ? await track.getDecoderConfig() : null;
  const codec = codecOf(config?.codec, ['opus']);
  const channels = config?.numberOfChannels ?? 0;
  return { type: 'audio', codec, quality: 'high', channels, colours: 'bt601', width: 0, height: 0 };
}

/** The codec of a name such as `vp09.00.10.08`, if it is carried. */
function codecOf(name = '', carried: readonly Codec[]): Codec {
  const short = name.replace(/^vp0?([89]).*$/, 'vp$1');
  const codec = carried.find((each) => each === short);
  if (!codec) throw new StreamError('codec');
  return codec;
}

/** Bytes that may wait for the reader. */
const WAITING_BYTES_MAX = 4 * 1_048_576;
/** Bytes that the reader keeps, such as a cluster that is not complete yet. */
const CACHE_BYTES_MAX = 8 * 1_048_576;
/** Bytes that may come without a frame, such as a cluster that claims to be large. */
const HELD_BYTES_MAX = CACHE_BYTES_MAX;
/** Reads without any progress after which a stream is refused. Both tracks together need some hundred. */
const READS_MAX = 20_000;
