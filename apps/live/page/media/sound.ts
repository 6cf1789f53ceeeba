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
    decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp: frame.timestamp, data: frame.data }));
  }

  /** Begins anew, after a jump in time. */
  reset(): void {
    this.#lastTimestamp = Number.NEGATIVE_INFINITY;
    this.#endsAt = 0;
    this.#heard = undefined;
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
    const decoder = new AudioDecoder({ output: (data) => this.#play(data), error: () => this.reset() });
    decoder.configure({ codec: 'opus', sampleRate: SAMPLE_RATE, numberOfChannels: channels });
    this.#decoder = decoder;
    return decoder;
  }

  #play(data: AudioData): void {
    const context = this.#context;
    const volume = this.#volume;
    if (context && volume) this.#schedule(data, context, volume);
    data.close();
  }

  #schedule(data: AudioData, context: AudioContext, volume: GainNode): void {
    const captured = data.timestamp / 1_000;
    const clock = this.#clock();
    const wanted = context.currentTime + (clock.dueAt(captured) - performance.now()) / 1_000 - delayOf(context);
    const isSteady = Math.abs(wanted - this.#endsAt) < SLACK_S && this.#endsAt > context.currentTime;
    const at = isSteady ? this.#endsAt : wanted;
    if (at < context.currentTime || at > context.currentTime + AHEAD_MAX_S) {
      if (at < context.currentTime) clock.missed((context.currentTime - at) * 1_000);
      return;
    }
    const buffer = context.createBuffer(data.numberOfChannels, data.numberOfFrames, data.sampleRate);
    for (let channel = 0; channel < data.numberOfChannels; channel++) {
      const samples = new Float32Array(data.numberOfFrames);
      data.copyTo(samples, { planeIndex: channel, format: 'f32-planar' });
      buffer.copyToChannel(samples, channel);
    }
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(volume);
    source.start(at);
    this.#endsAt = at + buffer.duration;
    this.#heard = { captured, at };
  }
}

/** The delay between the clock of a context and the ear, in seconds. */
function delayOf({ outputLatency, baseLatency }: AudioContext): number {
  return outputLatency || baseLatency || 0;
}

const SAMPLE_RATE = 48_000;
const RESUME_MS = 50;
const QUEUE_MAX = 50;
const SLACK_S = 0.03;
const AHEAD_MAX_S = 3;
