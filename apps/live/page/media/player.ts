/** Shows the frames of a broadcast on a canvas: decodes them, waits until each is due, and draws it. */
import type { Colours } from '../../shared/colours.js';
import { type Codec, decodeFrame, type Frame } from '../../shared/frame.js';
import { QUALITIES, type Quality } from '../../shared/protocol.js';
import { LiveClock, type PlayoutClock } from './clock.js';
import { isFloating } from './float.js';
import { RecentMinimum } from './recent-minimum.js';
import { Sound } from './sound.js';

/** The news of a player for its page. */
export interface PlayerEvents {
  /** The first picture, or the first one after a change of size. */
  onPicture(width: number, height: number): void;
  /** A still stands for the first picture until that comes. */
  onStill(): void;
  /**
   * The pictures begin at an earlier time, because the clock of the broadcaster was set back. The player has to begin
   * anew.
   */
  onSetBack(): void;
  /** This browser cannot decode the pictures. */
  onUnable(): void;
}

/** The figures of a player at one moment. */
export interface PlayerFigures {
  readonly quality: Quality | undefined;
  readonly width: number;
  readonly height: number;
  /**
   * When the server got what is shown now, in milliseconds of its clock. A picture that came to the server later than
   * others counts as if it had been as quick, because it is not newer than it was.
   */
  readonly shownAt: number | undefined;
  /** How much later the sound is than the picture, in milliseconds. Unknown while one of them is missing. */
  readonly skewMs: number | undefined;
  /**
   * When the server got the newest frame that this page has dealt with: shown, or waiting on purpose until it is due.
   */
  readonly doneAt: number | undefined;
  /** Pictures drawn so far. */
  readonly drawn: number;
}

/** One player. Invariant: every picture that the decoder gave is closed, drawn or not. */
export class Player {
  readonly sound: Sound;
  readonly #canvas: HTMLCanvasElement;
  readonly #pen: CanvasRenderingContext2D | null;
  readonly #events: PlayerEvents;
  #clock: PlayoutClock = new LiveClock();
  #decoder: VideoDecoder | undefined;
  /** The codec of the decoder, and the colours that it expects. */
  #codec = '';
  /** The codec, the colours and the quality of the frames that go into it. Empty until a key frame comes. */
  #form = '';
  #quality: Quality | undefined;
  /** Frames that are due much later. They wait before the decoder, because a decoded picture takes much more memory. */
  #early: Frame[] = [];
  #feeding: ReturnType<typeof setTimeout> | undefined;
  #waiting: VideoFrame[] = [];
  /** When the server got the frames that are on their way through the decoder. */
  readonly #at = new Map<number, number>();
  /** The shortest way of recent pictures from their capture to the server, from the one's clock to the other's. */
  #wayMs = new RecentMinimum(WAY_MS);
  /** When the server got the newest frame of each kind. */
  readonly #arrived = { video: 0, audio: 0 };
  /** The time of the newest key frame of each quality. */
  readonly #keys = { high: Number.NEGATIVE_INFINITY, low: Number.NEGATIVE_INFINITY };
  #lastDrawn = Number.NEGATIVE_INFINITY;
  #shown: { readonly captured: number; readonly at: number; readonly drawnAt: number } | undefined;
  #isAsked = false;
  #drawn = 0;
  #isClosed = false;

  constructor(canvas: HTMLCanvasElement, events: PlayerEvents) {
    this.#canvas = canvas;
    this.#pen = canvas.getContext('2d', { alpha: false, desynchronized: true });
    this.#events = events;
    this.sound = new Sound(() => this.#clock);
    // The first picture is most likely one of VP8, and a decoder takes a while to start.
    if (Player.isAble) this.#configure('vp8', 'bt601');
  }

  /** Whether this browser can play broadcasts at all. */
  static get isAble(): boolean {
    return typeof VideoDecoder !== 'undefined';
  }

  /** The figures of this moment. */
  get figures(): PlayerFigures {
    const heard = this.sound.heardNow;
    // Between two pictures, the older one stays on the screen.
    const isFresh = this.#shown !== undefined && performance.now() - this.#shown.drawnAt < 200;
    const seen = isFresh && this.#shown ? this.#shown.captured + (performance.now() - this.#shown.drawnAt) : undefined;
    return {
      quality: this.#quality,
      width: this.#canvas.width,
      height: this.#canvas.height,
      shownAt: this.#shown && this.#shown.captured + this.#wayMs.value,
      skewMs: heard === undefined || seen === undefined ? undefined : seen - heard,
      doneAt: this.#doneAt,
      drawn: this.#drawn,
    };
  }

  get #doneAt(): number | undefined {
    if (!this.#shown) return undefined;
    const { bufferMs } = this.#clock;
    // Sound goes on while pictures are left out for this page. So the newest frame counts, unless pictures wait for the
    // decoder.
    const isBusy = this.#arrived.video - this.#shown.at > bufferMs + BUSY_MS;
    return isBusy ? this.#shown.at + bufferMs : Math.max(this.#arrived.video, this.#arrived.audio);
  }

  /** Takes the bytes of a frame as the server sent them. */
  take(bytes: Uint8Array | ArrayBuffer): void {
    const frame = decodeFrame(bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : bytes);
    if (frame) this.takeFrame(frame);
  }

  /** Takes a frame. */
  takeFrame(frame: Frame): void {
    if (this.#isClosed) return;
    this.#noteKey(frame);
    this.#arrived[frame.type] = frame.at;
    if (frame.type === 'audio') this.sound.take(frame);
    else {
      this.#wayMs.note(frame.at - frame.timestamp / 1_000, performance.now());
      this.#early.push(frame);
      this.#feed();
    }
  }

  /**
   * Key frames of one quality rise, also in the group that comes at once. Those of a broadcaster that was away may
   * begin anew.
   */
  #noteKey({ type, isKey, quality, timestamp }: Frame): void {
    if (type !== 'video' || !isKey) return;
    if (timestamp < this.#keys[quality]) this.#events.onSetBack();
    this.#keys[quality] = timestamp;
  }

  /** Shows a still, unless a frame was shown already. */
  showStill(image: ImageBitmap): void {
    if (this.#drawn > 0 || this.#isClosed) return;
    this.#canvas.width = image.width;
    this.#canvas.height = image.height;
    this.#pen?.drawImage(image, 0, 0);
    this.#events.onStill();
  }

  /** Begins anew with another clock, as a rewind does. */
  restart(clock: PlayoutClock): void {
    this.#drop();
    this.#clock = clock;
    this.#wayMs = new RecentMinimum(WAY_MS);
    this.#lastDrawn = Number.NEGATIVE_INFINITY;
    for (const quality of QUALITIES) this.#keys[quality] = Number.NEGATIVE_INFINITY;
    this.sound.reset();
  }

  /** Ends the player. */
  close(): void {
    this.#isClosed = true;
    this.#drop();
    this.sound.close();
  }

  /** Gives the decoder the frames that are due soon, and all of them before the first picture. */
  #feed(): void {
    clearTimeout(this.#feeding);
    for (let [frame] = this.#early; frame; [frame] = this.#early) {
      const inMs = this.#clock.dueAt(frame.timestamp / 1_000) - performance.now() - DECODE_AHEAD_MS;
      if (this.#drawn > 0 && inMs > 0 && this.#early.length < EARLY_MAX && !isUnseen()) {
        this.#feeding = setTimeout(() => this.#feed(), inMs);
        return;
      }
      this.#early.shift();
      this.#decode(frame);
    }
  }

  #decode(frame: Frame): void {
    const codec = `${frame.codec} ${frame.colours}`;
    const form = `${codec} ${frame.quality}`;
    if (form !== this.#form || this.#decoder?.state !== 'configured') {
      // Only a key frame can follow another quality, or a fault.
      if (!frame.isKey) return;
      if (codec !== this.#codec || this.#decoder?.state !== 'configured') this.#configure(frame.codec, frame.colours);
      this.#form = form;
      this.#quality = frame.quality;
    }
    const decoder = this.#decoder;
    if (!decoder) return;
    // A page that decodes too slowly goes on with the next key frame.
    if (decoder.decodeQueueSize > QUEUE_MAX && !frame.isKey) {
      this.#form = '';
      return;
    }
    this.#at.set(frame.timestamp, frame.at);
    if (this.#at.size > PENDING_MAX) this.#at.delete(this.#at.keys().next().value ?? 0);
    const type = frame.isKey ? 'key' : 'delta';
    decoder.decode(new EncodedVideoChunk({ type, timestamp: frame.timestamp, data: frame.data }));
  }

  /** Makes a decoder. The sizes of the pictures are in their key frames. */
  #configure(codec: Codec, colours: Colours): void {
    if (this.#decoder?.state === 'configured') this.#decoder.close();
    const decoder = new VideoDecoder({
      output: (picture) => this.#decoded(picture),
      error: () => {
        // The next key frame makes a new decoder. Without support, it fails again, and the page says so.
        this.#form = '';
        if (this.#drawn === 0 && this.#at.size > 0) this.#events.onUnable();
      },
    });
    const name = colours.startsWith('bt709') ? 'bt709' : 'smpte170m';
    const colorSpace = { matrix: name, primaries: name, transfer: name, fullRange: colours.endsWith('full') } as const;
    decoder.configure({ codec: codec === 'vp9' ? 'vp09.00.31.08' : codec, colorSpace, optimizeForLatency: true });
    this.#decoder = decoder;
    this.#codec = `${codec} ${colours}`;
  }

  #decoded(picture: VideoFrame): void {
    if (this.#isClosed || picture.timestamp <= this.#lastDrawn) {
      picture.close();
      return;
    }
    // The group of another quality replaces what still waits.
    while ((this.#waiting.at(-1)?.timestamp ?? -1) >= picture.timestamp) this.#waiting.pop()?.close();
    this.#waiting.push(picture);
    this.#clock.ready(picture.timestamp / 1_000, performance.now(), 'video');
    // The first picture is shown at once. The others wait until they are due, or until there are too many.
    if (this.#drawn === 0 || this.#waiting.length > WAITING_MAX) this.#draw();
    if (this.#waiting.length > WAITING_MAX) this.#showFirst();
    this.#ask();
  }

  #ask(): void {
    // Without animation frames, the pictures of the small window are drawn whenever one is decoded.
    if (isUnseen()) this.#draw();
    if (this.#isAsked) return;
    this.#isAsked = true;
    requestAnimationFrame(() => {
      this.#isAsked = false;
      this.#draw();
      if (this.#waiting.length > 0) this.#ask();
    });
  }

  #draw(): void {
    const now = performance.now();
    let due: VideoFrame | undefined;
    for (const picture of this.#waiting) {
      if (this.#drawn > 0 && this.#clock.dueAt(picture.timestamp / 1_000) > now + HALF_FRAME_MS) break;
      due = picture;
    }
    if (!due) return;
    const index = this.#waiting.indexOf(due);
    for (const earlier of this.#waiting.splice(0, index + 1)) if (earlier !== due) earlier.close();
    this.#show(due, now);
  }

  #showFirst(): void {
    const first = this.#waiting.shift();
    if (first) this.#show(first, performance.now());
  }

  #show(picture: VideoFrame, now: number): void {
    const { displayWidth: width, displayHeight: height, timestamp } = picture;
    if (this.#canvas.width !== width || this.#canvas.height !== height || this.#drawn === 0) {
      this.#canvas.width = width;
      this.#canvas.height = height;
      this.#events.onPicture(width, height);
    }
    this.#pen?.drawImage(picture, 0, 0);
    picture.close();
    this.#drawn++;
    this.#lastDrawn = timestamp;
    const at = this.#at.get(timestamp) ?? this.#shown?.at ?? 0;
    this.#shown = { captured: timestamp / 1_000, at, drawnAt: now };
    for (const each of this.#at.keys()) {
      if (each > timestamp) break;
      this.#at.delete(each);
    }
  }

  #drop(): void {
    clearTimeout(this.#feeding);
    this.#early = [];
    for (const picture of this.#waiting.splice(0)) picture.close();
    if (this.#decoder?.state === 'configured') this.#decoder.close();
    this.#decoder = undefined;
    this.#codec = '';
    this.#form = '';
    this.#at.clear();
    this.#shown = undefined;
  }
}

/** Whether only a small window shows the pictures. A hidden tab has no animation frames, and slow timers. */
function isUnseen(): boolean {
  return document.hidden && isFloating();
}

const QUEUE_MAX = 40;
const PENDING_MAX = 300;
/** Decoded pictures that wait. Each holds memory of the decoder. */
const WAITING_MAX = 12;
/** Frames go to the decoder this long before they are due. */
const DECODE_AHEAD_MS = 200;
const EARLY_MAX = 300;
const HALF_FRAME_MS = 8;
/** Pictures that are later than the buffer by this much wait for the decoder. */
const BUSY_MS = 300;
const WAY_MS = 60_000;
