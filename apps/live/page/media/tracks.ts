/** Reads pictures and sound out of a stream of the browser, in the best way that the browser has. */

/** Takes pictures or sound. The taker closes what it gets. */
export type Taker<T> = (data: T) => void;

/** Chromium's way out of a track, for pictures and sound alike. */
interface TrackReader<T> {
  readonly readable: ReadableStream<T>;
}
type TrackReaderOf = new <T>(init: { track: MediaStreamTrack; maxBufferSize?: number }) => TrackReader<T>;

/** Pieces of sound that may wait for a busy page, 10 ms each. Chromium drops the others. */
const SOUNDS_MAX = 30;

/** Reads the pictures of a track. Returns the function that ends it. */
export function readPictures(track: MediaStreamTrack, take: Taker<VideoFrame>): () => void {
  const Reader = trackReaderOf();
  const still = new StillPicture(take);
  const note = (picture: VideoFrame): void => still.take(picture);
  const stop = Reader
    ? readAll(new Reader<VideoFrame>({ track, maxBufferSize: 2 }).readable, note)
    : readFromVideo(track, note);
  return () => {
    stop();
    still.close();
  };
}

/** Reads the sound of a track. Returns the function that ends it. */
export function readSound(track: MediaStreamTrack, take: Taker<AudioData>): () => void {
  const Reader = trackReaderOf();
  return Reader
    ? readAll(new Reader<AudioData>({ track, maxBufferSize: SOUNDS_MAX }).readable, take)
    : readFromWorklet(track, take);
}

/** Repeats the newest picture. A screen that stands still gives no others, and viewers need key frames. */
class StillPicture {
  readonly #take: Taker<VideoFrame>;
  readonly #repeating: ReturnType<typeof setInterval>;
  #newest: VideoFrame | undefined;
  #cameAt = 0;
  #takenAt = 0;

  constructor(take: Taker<VideoFrame>) {
    this.#take = take;
    this.#repeating = setInterval(() => this.#repeat(), STILL_MS / 2);
  }

  /** Takes a picture of the track. */
  take(picture: VideoFrame): void {
    this.#newest?.close();
    this.#newest = picture.clone();
    this.#cameAt = performance.now();
    this.#takenAt = this.#cameAt;
    this.#take(picture);
  }

  /** Ends the repeating. */
  close(): void {
    clearInterval(this.#repeating);
    this.#newest?.close();
    this.#newest = undefined;
  }

  #repeat(): void {
    const now = performance.now();
    if (!this.#newest || now - this.#takenAt < STILL_MS) return;
    this.#takenAt = now;
    const timestamp = this.#newest.timestamp + Math.round((now - this.#cameAt) * 1_000);
    this.#take(new VideoFrame(this.#newest, { timestamp }));
  }
}

/** A track without a new picture for this long stands still, in milliseconds. */
const STILL_MS = 500;

function trackReaderOf(): TrackReaderOf | undefined {
  const found: unknown = Reflect.get(globalThis, 'MediaStreamTrackProcessor');
  return found as TrackReaderOf | undefined;
}

function readAll<T extends { close(): void }>(stream: ReadableStream<T>, take: Taker<T>): () => void {
  const reader = stream.getReader();
  let isOver = false;
  const read = async (): Promise<void> => {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      if (isOver) value.close();
      else take(value);
    }
  };
  // A track that ends, as when the cable is pulled, ends the reading; the page hears of it by the track itself.
  read().catch(() => undefined);
  return () => {
    isOver = true;
    void reader.cancel().catch(() => undefined);
  };
}

/** Plays the track in an element that nobody sees, and takes each picture that it shows. */
function readFromVideo(track: MediaStreamTrack, take: Taker<VideoFrame>): () => void {
  const element = document.createElement('video');
  element.muted = true;
  element.playsInline = true;
  element.srcObject = new MediaStream([track]);
  let isOver = false;
  const next = (): void => {
    element.requestVideoFrameCallback((now) => {
      if (isOver) return;
      take(new VideoFrame(element, { timestamp: Math.round(now * 1_000) }));
      next();
    });
  };
  next();
  void element.play().catch(() => undefined);
  return () => {
    isOver = true;
    element.srcObject = null;
  };
}

/** Takes the sound from an audio worklet, whose file is public/capture.js. */
function readFromWorklet(track: MediaStreamTrack, take: Taker<AudioData>): () => void {
  const context = new AudioContext();
  const start = async (): Promise<void> => {
    await context.audioWorklet.addModule('/capture.js');
    const node = new AudioWorkletNode(context, 'capture', { numberOfOutputs: 0 });
    const { sampleRate } = context;
    node.port.onmessage = ({ data }: MessageEvent<{ at: number; samples: Float32Array<ArrayBuffer> }>) => {
      const timestamp = Math.round(data.at * 1_000_000);
      const { samples } = data;
      const form = { format: 'f32-planar', numberOfChannels: 1, sampleRate } as const;
      take(new AudioData({ ...form, numberOfFrames: samples.length, timestamp, data: samples }));
    };
    context.createMediaStreamSource(new MediaStream([track])).connect(node);
  };
  // Without the worklet, the broadcast has pictures only.
  start().catch(() => undefined);
  return () => void context.close();
}
