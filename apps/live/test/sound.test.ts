import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Sound } from '../page/media/sound.js';
import { decodeFrame } from '../shared/frame.js';
import { sound as packet } from './frames.js';

const LATENCY_S = 0.05;
const PACKET_S = 0.04;

interface Played {
  /** When it begins and how long it lasts, on the clock of the context. */
  readonly at: number;
  readonly seconds: number;
}

let played: Played[];
let stoodStillMs: number;
let ready: number[];

class FakeContext {
  readonly state = 'running';
  readonly outputLatency = LATENCY_S;
  readonly baseLatency = 0.01;
  readonly destination = {};
  // The clock of a device moves in steps.
  get currentTime(): number {
    return Math.floor((performance.now() - stoodStillMs) / 10) / 100;
  }
  createGain() {
    return { gain: { value: 1 }, connect: () => undefined };
  }
  createBuffer(_channels: number, frames: number, rate: number) {
    return { duration: frames / rate, copyToChannel: () => undefined };
  }
  createBufferSource() {
    const source = { buffer: { duration: 0 }, playbackRate: { value: 1 }, connect: () => undefined };
    const start = (at: number) => played.push({ at, seconds: source.buffer.duration / source.playbackRate.value });
    return Object.assign(source, { start });
  }
  resume = () => Promise.resolve();
  close = () => Promise.resolve();
}

class FakeDecoder {
  state = 'unconfigured';
  readonly decodeQueueSize = 0;
  readonly #output: (data: object) => void;
  constructor({ output }: { output(data: object): void }) {
    this.#output = output;
  }
  configure(): void {
    this.state = 'configured';
  }
  decode({ timestamp }: { timestamp: number }): void {
    const form = { numberOfChannels: 1, numberOfFrames: PACKET_S * 48_000, sampleRate: 48_000 };
    this.#output({ timestamp, ...form, copyTo: () => undefined, close: () => undefined });
  }
  close(): void {
    this.state = 'closed';
  }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'], now: 0 });
  vi.stubGlobal('AudioContext', FakeContext);
  vi.stubGlobal('AudioDecoder', FakeDecoder);
  vi.stubGlobal(
    'EncodedAudioChunk',
    class {
      readonly timestamp: number;
      constructor({ timestamp }: { timestamp: number }) {
        this.timestamp = timestamp;
      }
    },
  );
  played = [];
  ready = [];
  stoodStillMs = 0;
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** Turns on a sound whose frames are due that long after their capture. */
async function turnOn(dueMs: () => number): Promise<Sound> {
  const clock = {
    bufferMs: 0,
    ready: (captured: number, at: number) => void ready.push(at - captured),
    dueAt: (captured: number) => captured + dueMs(),
  };
  const sound = new Sound(() => clock);
  const started = sound.start();
  await vi.advanceTimersByTimeAsync(100);
  expect(await started).toBe(true);
  return sound;
}

/** Lets a packet arrive each 40 ms, 60 ms after its capture. */
function stream(sound: Sound, from: number, until: number): void {
  for (let at = from; at < until; at += 40) {
    vi.advanceTimersByTime(Math.max(0, at + 60 - performance.now()));
    const frame = decodeFrame(packet(at));
    if (frame) sound.take(frame);
  }
}

/** When the newest packet is heard, on the page's clock. */
const heardAt = (): number => ((played.at(-1)?.at ?? 0) + LATENCY_S) * 1_000 + stoodStillMs;

it('is heard when it is due, in spite of the delay of the device', async () => {
  const sound = await turnOn(() => 200);
  stream(sound, 1_000, 4_000);
  expect(heardAt()).toBeGreaterThan(3_960 + 185);
  expect(heardAt()).toBeLessThan(3_960 + 215);
  // Nothing is torn: each packet begins where the one before ended.
  const gaps = played.slice(1).map(({ at }, index) => at - (played[index]?.at ?? 0) - (played[index]?.seconds ?? 0));
  expect(Math.max(...gaps.map(Math.abs))).toBeLessThan(1e-6);
  sound.close();
});

it('counts as ready when it can be heard, after the delay of the device', async () => {
  const sound = await turnOn(() => 200);
  stream(sound, 1_000, 2_000);
  expect(Math.min(...ready)).toBeGreaterThanOrEqual(60 + LATENCY_S * 1_000);
  expect(Math.max(...ready)).toBeLessThan(60 + LATENCY_S * 1_000 + 40);
  sound.close();
});

it('follows a clock that walks back without tearing or overlapping', async () => {
  let dueMs = 300;
  const sound = await turnOn(() => dueMs);
  stream(sound, 1_000, 2_000);
  for (let at = 2_000; at < 10_000; at += 40) {
    dueMs = Math.max(200, dueMs - 0.6);
    stream(sound, at, at + 40);
  }
  expect(Math.abs(heardAt() - 9_960 - 200)).toBeLessThan(20);
  for (const [index, { at }] of played.slice(1).entries()) {
    const before = played[index];
    expect(Math.abs(at - (before?.at ?? 0) - (before?.seconds ?? 0))).toBeLessThan(1e-6);
  }
  sound.close();
});

it('is in time again after the device stood still', async () => {
  const sound = await turnOn(() => 200);
  stream(sound, 1_000, 2_000);
  stoodStillMs = 300;
  stream(sound, 2_000, 5_000);
  expect(Math.abs(heardAt() - 4_960 - 200)).toBeLessThan(20);
  // No packet begins before the end of another.
  for (const [index, { at }] of played.slice(1).entries()) {
    const before = played[index];
    expect(at).toBeGreaterThanOrEqual((before?.at ?? 0) + (before?.seconds ?? 0) - 1e-6);
  }
  sound.close();
});
