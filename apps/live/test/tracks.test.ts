import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { readPictures } from '../page/media/tracks.js';

let open: number;
let feed: ReadableStreamDefaultController<unknown>;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setInterval', 'clearInterval'], now: 0 });
  open = 0;
  class Picture {
    readonly timestamp: number;
    constructor({ timestamp: before }: { timestamp: number }, { timestamp = before } = {}) {
      open++;
      this.timestamp = timestamp;
    }
    clone(): Picture {
      return new Picture(this);
    }
    close(): void {
      open--;
    }
  }
  vi.stubGlobal('VideoFrame', Picture);
  vi.stubGlobal(
    'MediaStreamTrackProcessor',
    class {
      readonly readable = new ReadableStream({
        start: (controller) => {
          feed = controller;
        },
      });
    },
  );
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it('repeats the newest picture of a screen that stands still, and ends with the track', async () => {
  const times: number[] = [];
  const stop = readPictures({} as MediaStreamTrack, (picture) => {
    times.push(picture.timestamp / 1_000);
    picture.close();
  });
  const show = async (at: number): Promise<void> => {
    feed.enqueue(new VideoFrame({ timestamp: at * 1_000 } as never));
    await new Promise((done) => setImmediate(done));
  };
  await show(7_000);
  vi.advanceTimersByTime(100);
  await show(7_100);
  vi.advanceTimersByTime(2_000);
  expect(times.slice(0, 2)).toEqual([7_000, 7_100]);
  expect(times.length).toBeGreaterThanOrEqual(5);
  expect(times.every((at, index) => index === 0 || at > (times[index - 1] ?? 0))).toBe(true);
  // A repeated picture has the time at which it still stood.
  expect(times.at(-1)).toBeLessThanOrEqual(9_100);
  stop();
  vi.advanceTimersByTime(5_000);
  expect(open).toBe(0);
});
