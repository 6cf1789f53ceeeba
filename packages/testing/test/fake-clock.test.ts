import { PassThrough } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import { walkOptions } from '../../naru/test/base/options/walk.js';
import { FakeClock, fakeClockTable } from '../src/fake-clock.js';

let clock: FakeClock;
let fired: unknown[];
const note = (value: unknown): void => {
  fired.push(value);
};

beforeEach(() => {
  clock = new FakeClock();
  fired = [];
});

describe('FakeClock', () => {
  it('stands still until it is moved', async () => {
    const start = clock.now();
    clock.setTimeout(note, 1, 'fired');
    await clock.settle();
    expect(clock.now()).toBe(start);
    expect(fired).toEqual([]);
  });

  it('fires a timer exactly at its time', async () => {
    clock.setTimeout(() => note(clock.elapsed), 100, undefined);
    await clock.advance(99);
    expect(fired).toEqual([]);
    await clock.advance(1);
    expect(fired).toEqual([100]);
    expect(clock.elapsed).toBe(100);
  });

  it('fires in the order of times, and of creation at the same time', async () => {
    clock.setTimeout(note, 20, 'late');
    clock.setTimeout(note, 10, 'first');
    clock.setTimeout(note, 10, 'second');
    clock.setTimeout(note, 5, 'early');
    await clock.advance(20);
    expect(fired).toEqual(['early', 'first', 'second', 'late']);
  });

  it('fires timers that a timer sets within the same move', async () => {
    const again = (count: number): void => {
      note(clock.elapsed);
      if (count > 1) clock.setTimeout(again, 10, count - 1);
    };
    clock.setTimeout(again, 10, 3);
    await clock.advance(30);
    expect(fired).toEqual([10, 20, 30]);
  });

  it('carries out promises, streams and deferred calls between two timers', async () => {
    const stream = new PassThrough();
    stream.on('data', (chunk) => note(String(chunk)));
    clock.setTimeout(() => stream.write('piped'), 10, undefined);
    clock.setTimeout(() => clock.defer(note, 'deferred'), 10, undefined);
    clock.setTimeout(() => Promise.resolve().then(() => Promise.resolve().then(() => note('promised'))), 10, undefined);
    clock.setTimeout(note, 11, 'next');
    await clock.advance(11);
    expect(fired).toEqual(['piped', 'deferred', 'promised', 'next']);
  });

  it('does not fire a cleared timer, and ignores a second clear', async () => {
    const timer = clock.setTimeout(note, 10, 'cleared');
    clock.clearTimeout(timer);
    clock.clearTimeout(timer);
    await clock.advance(10);
    expect(fired).toEqual([]);
    expect(clock.timerCount).toBe(0);
  });

  it('clears a timer from another one that is due at the same time', async () => {
    clock.setTimeout(() => clock.clearTimeout(second), 10, undefined);
    const second = clock.setTimeout(note, 10, 'second');
    await clock.advance(10);
    expect(fired).toEqual([]);
  });

  it('counts the remaining timers', () => {
    const timers = Array.from({ length: 1_000 }, (_, index) => clock.setTimeout(note, index + 1, index));
    expect(clock.timerCount).toBe(1_000);
    expect(clock.nextTimerIn).toBe(1);
    for (const timer of timers.slice(0, 990)) clock.clearTimeout(timer);
    expect(clock.timerCount).toBe(10);
    expect(clock.nextTimerIn).toBe(991);
  });

  it('takes an invalid delay as one millisecond', async () => {
    for (const delay of [0, -1, Number.NaN, 2 ** 31]) clock.setTimeout(note, delay, delay);
    await clock.advance(1);
    expect(fired).toEqual([0, -1, Number.NaN, 2 ** 31]);
  });

  it('runs all timers, and fails when they never end', async () => {
    clock.setTimeout(note, 1_000_000, 'far');
    await clock.runAll();
    expect(fired).toEqual(['far']);
    const forever = (): void => void clock.setTimeout(forever, 1, undefined);
    forever();
    await expect(clock.runAll(100)).rejects.toThrow(/after 100 have fired/);
  });

  it('rejects with the error of a callback, and can move on', async () => {
    clock.setTimeout(() => JSON.parse('{'), 10, undefined);
    clock.setTimeout(note, 20, 'later');
    await expect(clock.advance(20)).rejects.toThrow(SyntaxError);
    expect(clock.elapsed).toBe(10);
    await clock.advance(10);
    expect(fired).toEqual(['later']);
  });

  it('refuses to move twice at once or backwards, and refuses invalid settings', async () => {
    const moving = clock.advance(1);
    await expect(clock.advance(1)).rejects.toThrow(/already moving/);
    await moving;
    await expect(clock.advance(-1)).rejects.toThrow(/number of 0 or more, got -1/);
    expect(() => new FakeClock({ quietTurns: 0 })).toThrow(/quietTurns/);
  });
});

describe('the options of a FakeClock', () => walkOptions(fakeClockTable, (given) => new FakeClock(given)));
