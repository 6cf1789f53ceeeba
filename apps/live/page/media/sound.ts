/** Plays the sound of a broadcast, in step with the clock of its pictures. */
import type { Frame } from '../../shared/frame.js';
import type { PlayoutClock } from './clock.js';

/** The sound of one player. It is silent until `start`, which a browser allows after a click only. */
export class Sound {
  readonly #clock: () => PlayoutClock;
  #context: AudioContext | undefined;
  #volume: GainNode | undefined;
  #decoder: AudioDecoder | undefined;
  #channels = 0;
  /** The end of the sound so far, on the clock of the context. */
  #endsAt = 0;
  #lastTimestamp = Number.NEGATIVE_INFINITY;
  /**
   * The timestamps of the packets in the decoder. It counts samples from its first packet on, and does not notice that
   * some are missing.
   */
  #inside: number[] = [];
  /** The time of the page at which the beginning of the context was heard. */
  #zero: number | undefined;
  #heard: { readonly captured: number; readonly at: number } | undefined;

  /** `clock` is asked for each packet, because a rewind has a clock of its own. */
  constructor(clock: () => PlayoutClock) {
    this.#clock = clock;
  }

  /** Whether sound can be heard. */
  get isOn(): boolean {
    return this.#context?.state === 'running' && (this.#volume?.gain.value ?? 0) > 0;
  }

  /** The capture time of what is heard now, in milliseconds of the broadcaster's clock. */
  get heardNow(): number | undefined {
    if (!this.#context || !this.#heard || !this.isOn || this.#context.currentTime > this.#endsAt + 0.2)
      return undefined;
    return this.#heard.captured + (this.#context.currentTime - delayOf(this.#context) - this.#heard.at) * 1_000;
  }

  /** Turns the sound on. Resolves to false when the browser wants a click first. */
  async start(): Promise<boolean> {
    if (typeof AudioContext === 'undefined' || typeof AudioDecoder === 'undefined') return false;
    if (!this.#context) {
      this.#context = new AudioContext({ latencyHint: 'interactive', sampleRate: SAMPLE_RATE });
      this.#volume = this.#context.createGain();
      this.#volume.connect(this.#context.destination);
    }
    // Without a click, the promise of a browser does not resolve.
    void this.#context.resume();
    await new Promise((done) => setTimeout(done, RESUME_MS));
    return this.#context.state === 'running';
  }

  /** Sets the loudness, from 0 to 1. */
  setVolume(volume: number): void {
    if (this.#volume) this.#volume.gain.value = volume;
  }

  /** Takes a packet. */
  take(frame: Frame): void {
    if (this.#context?.state !== 'running' || frame.timestamp <= this.#lastTimestamp) return;
    this.#lastTimestamp = frame.timestamp;
    const decoder = this.#decoderFor(frame.channels);
    if (decoder.decodeQueueSize > QUEUE_MAX) return;
    this.#inside.push(frame.timestamp);
    decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp: frame.timestamp, data: frame.data }));
  }

  /** Begins anew, after a jump in time. */
  reset(): void {
    this.#lastTimestamp = Number.NEGATIVE_INFINITY;
    this.#endsAt = 0;
    this.#heard = undefined;
    this.#inside = [];
    if (this.#decoder?.state === 'configured') this.#decoder.close();
    this.#decoder = undefined;
  }

  /** Ends the sound. */
  close(): void {
    this.reset();
    void this.#context?.close();
    this.#context = undefined;
  }

  #decoderFor(channels: number): AudioDecoder {
    if (this.#decoder?.state === 'configured' && this.#channels === channels) return this.#decoder;
    if (this.#decoder?.state === 'configured') this.#decoder.close();
    this.#channels = channels;
    this.#inside = [];
    const decoder = new AudioDecoder({ output: (data) => this.#play(data), error: () => this.reset() });
    decoder.configure({ codec: 'opus', sampleRate: SAMPLE_RATE, numberOfChannels: channels });
    this.#decoder = decoder;
    return decoder;
  }

  #play(data: AudioData): void {
    const context = this.#context;
    const volume = this.#volume;
    const timestamp = this.#inside.shift() ?? data.timestamp;
    if (context && volume) this.#schedule(data, timestamp / 1_000, context, volume);
    data.close();
  }

  #schedule(data: AudioData, captured: number, context: AudioContext, volume: GainNode): void {
    const place = this.#placeOf(captured, context);
    if (!place) return;
    const buffer = context.createBuffer(data.numberOfChannels, data.numberOfFrames, data.sampleRate);
    for (let channel = 0; channel < data.numberOfChannels; channel++) {
      const samples = new Float32Array(data.numberOfFrames);
      data.copyTo(samples, { planeIndex: channel, format: 'f32-planar' });
      buffer.copyToChannel(samples, channel);
    }
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.playbackRate.value = place.rate;
    source.connect(volume);
    source.start(place.at);
    this.#endsAt = place.at + buffer.duration / place.rate;
    this.#heard = { captured, at: place.at };
  }

  /** When a packet begins on the clock of the context, and how fast it plays. `undefined` if it is left out. */
  #placeOf(captured: number, context: AudioContext): { readonly at: number; readonly rate: number } | undefined {
    const { currentTime } = context;
    const clock = this.#clock();
    const zero = this.#zeroOf(context);
    // The earliest time at which a packet can be heard that is handed over now.
    clock.ready(captured, zero + currentTime * 1_000 + SPARE_MS, 'audio');
    const wanted = (clock.dueAt(captured) - zero) / 1_000;
    if (wanted > currentTime + AHEAD_MAX_S) return undefined;
    const lateS = this.#endsAt - wanted;
    const isGoingOn = this.#endsAt >= currentTime && lateS > -SLACK_S;
    if (!isGoingOn) return wanted < currentTime ? undefined : { at: wanted, rate: 1 };
    // Too much sound waits, so this packet is left out.
    if (lateS > SLACK_S) return undefined;
    // Small differences are caught up by playing a little faster or slower.
    const change = Math.abs(lateS) < CLOSE_S ? 0 : Math.max(-SLOWER_MAX, Math.min(FASTER_MAX, 4 * lateS));
    return { at: this.#endsAt, rate: 1 + change };
  }

  /**
   * The time of the page, in milliseconds, at which the beginning of the context was heard. The clock of a context
   * moves in steps, and its delay is an estimate, so many looks are averaged.
   */
  #zeroOf(context: AudioContext): number {
    const zero = performance.now() - (context.currentTime - delayOf(context)) * 1_000;
    const known = this.#zero ?? zero;
    // The clock of a device that was interrupted stood still.
    this.#zero = Math.abs(zero - known) > ZERO_JUMP_MS ? zero : known + (zero - known) / 16;
    return this.#zero;
  }
}

/** The delay between the clock of a context and the ear, in seconds. */
function delayOf({ outputLatency, baseLatency }: AudioContext): number {
  return outputLatency || baseLatency || 0;
}

const SAMPLE_RATE = 48_000;
const RESUME_MS = 50;
const QUEUE_MAX = 50;
const SLACK_S = 0.06;
/** Sound that is this close, in seconds, is on time. */
const CLOSE_S = 0.004;
/**
 * The change of speed that nobody hears. After a busy moment, sound may be faster for some seconds, to be live again.
 */
const SLOWER_MAX = 0.02;
const FASTER_MAX = 0.1;
const ZERO_JUMP_MS = 100;
/** A packet is handed over this long before it is heard, in milliseconds. */
const SPARE_MS = 10;
const AHEAD_MAX_S = 3;
