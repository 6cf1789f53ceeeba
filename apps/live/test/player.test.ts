import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { LiveClock, TapeClock } from '../page/media/clock.js';
import { Player } from '../page/media/player.js';
import { decodeFrame } from '../shared/frame.js';
import { picture, sound } from './frames.js';

/** A decoded picture of the tests. */
class FakePicture {
  static open = 0;
  readonly displayWidth = 640;
  readonly displayHeight = 360;
  readonly timestamp: number;

  constructor(timestamp: number) {
    FakePicture.open++;
    this.timestamp = timestamp;
  }

  close(): void {
    FakePicture.open--;
  }
}

/** A decoder that gives a picture for each chunk at once, and fails on a delta frame without a key frame. */
class FakeDecoder {
  state = 'unconfigured';
  readonly decodeQueueSize = 0;
  readonly #output: (picture: FakePicture) => void;
  #hasKey = false;

  constructor({ output }: { output(picture: FakePicture): void }) {
    this.#output = output;
  }

  configure(): void {
    this.state = 'configured';
  }

  decode({ type, timestamp }: { type: string; timestamp: number }): void {
    this.#hasKey ||= type === 'key';
    if (!this.#hasKey) throw new TypeError('a decoder begins with a key frame');
    this.#output(new FakePicture(timestamp));
  }

  close(): void {
    this.state = 'closed';
  }
}

let drawn: number[];
let player: Player;
let unable: number;
let stills: number;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'], now: 0 });
  vi.stubGlobal('requestAnimationFrame', (draw: () => void) => setTimeout(draw, 16));
  vi.stubGlobal('document', { hidden: false });
  vi.stubGlobal('VideoDecoder', FakeDecoder);
  vi.stubGlobal(
    'EncodedVideoChunk',
    class {
      readonly type: string;
      readonly timestamp: number;
      constructor({ type, timestamp }: { type: string; timestamp: number }) {
        this.type = type;
        this.timestamp = timestamp;
      }
    },
  );
  FakePicture.open = 0;
  drawn = [];
  unable = 0;
  stills = 0;
  const pen = { drawImage: ({ timestamp }: FakePicture) => void drawn.push(timestamp / 1_000) };
  const canvas = { width: 0, height: 0, getContext: () => pen } as unknown as HTMLCanvasElement;
  player = new Player(canvas, {
    onPicture: () => undefined,
    onStill: () => void stills++,
    onSetBack: () => player.restart(new LiveClock()),
    onUnable: () => void unable++,
  });
});

afterEach(() => {
  player.close();
  expect(FakePicture.open).toBe(0);
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** Lets frames arrive each 40 ms, `wayMs` after their capture. Each second begins with a key frame. */
function stream(from: number, until: number, wayMs: number, options = {}): void {
  for (let at = from; at < until; at += 40) {
    vi.advanceTimersByTime(Math.max(0, at + wayMs - performance.now()));
    player.take(picture(at % 1_000 === 0, at, options));
    player.take(sound(at));
  }
}

it('draws the first picture at once, and later ones soon after they arrive, in their order', () => {
  stream(1_000, 1_040, 100);
  expect(drawn).toEqual([1_000]);
  stream(1_040, 4_000, 100);
  vi.advanceTimersByTime(500);
  expect(drawn.length).toBeGreaterThan(70);
  expect(drawn).toEqual([...drawn].sort((one, other) => one - other));
  expect(drawn.at(-1)).toBe(3_960);
});

it('shows a still until the first picture comes, and none after that', () => {
  const still = { width: 320, height: 180, timestamp: -1_000 } as unknown as ImageBitmap;
  player.showStill(still);
  expect([drawn, stills]).toEqual([[-1], 1]);
  stream(1_000, 1_040, 100);
  player.showStill(still);
  expect([drawn, stills]).toEqual([[-1, 1_000], 1]);
});

it('draws the newest picture of a group that comes at once, and goes on live', () => {
  vi.advanceTimersByTime(2_000);
  for (let at = 1_000; at < 1_960; at += 40) player.take(picture(at === 1_000, at));
  vi.advanceTimersByTime(50);
  expect(drawn[0]).toBe(1_000);
  expect(drawn.at(-1)).toBe(1_920);
  stream(1_960, 3_000, 60);
  vi.advanceTimersByTime(200);
  expect(drawn.at(-1)).toBe(2_960);
});

it('draws only the first and the newest picture of a group that comes at once', () => {
  vi.advanceTimersByTime(3_000);
  for (let at = 1_000; at < 1_960; at += 40) player.take(picture(at === 1_000, at));
  vi.advanceTimersByTime(50);
  expect(drawn.length).toBeLessThanOrEqual(4);
});

it('goes on with the key frame of another quality, and never shows a time twice', () => {
  stream(1_000, 2_000, 50);
  // The newest group of the low quality comes at once, from its key frame on.
  for (let at = 1_000; at < 2_000; at += 40) player.take(picture(at === 1_000, at, { quality: 'low' }));
  stream(2_000, 3_000, 50, { quality: 'low' });
  vi.advanceTimersByTime(500);
  expect(new Set(drawn).size).toBe(drawn.length);
  expect(drawn).toEqual([...drawn].sort((one, other) => one - other));
  expect(player.figures.quality).toBe('low');
  expect(drawn.at(-1)).toBe(2_960);
});

it('goes on when a broadcaster comes back with a clock that was set back', () => {
  stream(20_000, 21_000, 50);
  vi.advanceTimersByTime(2_000);
  const before = drawn.length;
  for (let at = 5_000; at < 6_000; at += 40) {
    vi.advanceTimersByTime(40);
    player.take(picture(at === 5_000, at));
  }
  vi.advanceTimersByTime(500);
  expect(drawn.length - before).toBeGreaterThan(15);
  expect(drawn.at(-1)).toBe(5_960);
});

it('waits for a key frame when a group was left out', () => {
  player.take(picture(false, 40));
  expect(drawn).toEqual([]);
  stream(1_000, 1_200, 50);
  vi.advanceTimersByTime(300);
  expect(drawn[0]).toBe(1_000);
  expect(unable).toBe(0);
});

it('shows a tape from its first frame on, evenly, although its frames come early', () => {
  stream(5_000, 6_000, 50);
  vi.advanceTimersByTime(500);
  player.restart(new TapeClock());
  const before = drawn.length;
  for (let at = 1_000; at < 1_800; at += 40) player.take(picture(at === 1_000, at));
  vi.advanceTimersByTime(400);
  const early = drawn.slice(before);
  expect(early.at(-1)).toBeLessThan(1_400);
  vi.advanceTimersByTime(1_000);
  expect(drawn.at(-1)).toBe(1_760);
});

it('says that it has dealt with a frame once it is shown, or waits on purpose', () => {
  expect(player.figures.doneAt).toBeUndefined();
  stream(1_000, 2_000, 50);
  expect(player.figures.doneAt).toBe(0);
});

it('counts the age of a picture from its capture, also if it was late at the server', () => {
  for (let index = 0; index < 100; index++) {
    const captured = 1_000 + index * 40;
    vi.advanceTimersByTime(Math.max(0, captured + 100 - performance.now()));
    const frame = decodeFrame(picture(index % 25 === 0, captured));
    // The server's clock is ahead by a million. Each third picture needs 90 ms to it, the others 10.
    if (frame) player.takeFrame({ ...frame, at: 1_000_000 + captured + (index % 3 === 2 ? 90 : 10) });
    expect(player.figures.shownAt).toBe(1_000_010 + (drawn.at(-1) ?? Number.NaN));
  }
  expect(drawn.length).toBeGreaterThan(70);
});

it('goes on in a small window without animation frames, while nobody sees the tab', () => {
  vi.stubGlobal('requestAnimationFrame', () => 0);
  vi.stubGlobal('document', { hidden: true, pictureInPictureElement: {} });
  stream(1_000, 4_000, 100);
  expect(drawn.length).toBeGreaterThan(60);
  expect(drawn).toEqual([...drawn].sort((one, other) => one - other));
});
