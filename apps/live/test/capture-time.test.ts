import { expect, it } from 'vitest';
import { CaptureTime, SoundTime } from '../page/media/capture-time.js';

/** Milliseconds of the page's clock, of a time in microseconds. */
const onPage = (time: number): number => time / 1_000 - performance.timeOrigin;

/** Feeds pieces of 10 ms whose timestamps begin with `first`, in milliseconds. Each comes `lateMs` after its end. */
function feed(time: SoundTime, first: number, count: number, lateMs: (index: number) => number = () => 0): void {
  for (let index = 0; index < count; index++) {
    const timestamp = first + index * 10;
    time.note({ timestamp: timestamp * 1_000, duration: 10_000 }, timestamp + 10 + lateMs(index));
  }
}

it('takes the picture that came fastest for one that came at once', () => {
  const time = new CaptureTime();
  for (let index = 0; index < 100; index++) time.note(index * 33_000, 5_000 + index * 33 + (index === 50 ? 0 : 20));
  expect(onPage(time.of(99 * 33_000))).toBeCloseTo(5_000 + 99 * 33, 0);
});

it('follows a clock of pictures that drifts', () => {
  const time = new CaptureTime();
  // A second of the track lasts 1.001 seconds.
  for (let index = 0; index < 10_000; index++) time.note(index * 33_000, index * 33 * 1.001);
  expect(Math.abs(onPage(time.of(9_999 * 33_000)) - 9_999 * 33 * 1.001)).toBeLessThan(65);
});

it('gives packets of sound the time of their first sample', () => {
  const time = new SoundTime();
  feed(time, 7_000, 100);
  expect(onPage(time.of(7_000_000))).toBeCloseTo(7_000, 0);
  expect(onPage(time.of(7_040_000))).toBeCloseTo(7_040, 0);
});

it('notices samples that the device has lost, although the encoder counts on', () => {
  const time = new SoundTime();
  feed(time, 1_000, 100);
  // 400 ms are lost. The encoder has seen 160 pieces then, so its newest packet of 40 ms begins at the 157th.
  feed(time, 2_400, 60);
  expect(onPage(time.of(1_000_000 + 156 * 10_000))).toBeCloseTo(2_960, 0);
});

it('is not misled by bursts, or by a page that is busy for a moment', () => {
  const time = new SoundTime();
  feed(time, 1_000, 200, (index) => (index >= 100 && index < 150 ? (150 - index) * 10 : index % 3));
  expect(onPage(time.of(2_960_000))).toBeCloseTo(2_960, 0);
});

it('never gives a packet of sound a time before that of another', () => {
  const time = new SoundTime();
  time.note({ timestamp: 0, duration: 10_000 }, 500);
  const first = time.of(0);
  time.note({ timestamp: 10_000, duration: 10_000 }, 400);
  expect(time.of(10)).toBeGreaterThan(first);
});
