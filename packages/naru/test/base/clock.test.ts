import { afterEach, describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../../testing/src/index.js';
import { delay, nativeTimers, systemClock } from '../../src/base/clock.js';

afterEach(() => {
  vi.useRealTimers();
});

describe('systemClock', () => {
  it('tells the time of the machine', () => {
    const before = Date.now();
    expect(systemClock.now()).toBeGreaterThanOrEqual(before);
    expect(systemClock.now()).toBeLessThanOrEqual(Date.now());
  });

  it('calls back with the argument, and never after it was cleared', async () => {
    const cleared: string[] = [];
    systemClock.clearTimeout(systemClock.setTimeout((name) => cleared.push(name), 1, 'cleared'));
    const name = await new Promise((resolve) => systemClock.setTimeout(resolve, 2, 'argument'));
    expect([name, cleared]).toEqual(['argument', []]);
  });

  it('defers to a later turn, after promises', async () => {
    const order: string[] = [];
    const deferred = new Promise<void>((resolve) => {
      systemClock.defer((name) => {
        order.push(name);
        resolve();
      }, 'deferred');
    });
    await Promise.resolve();
    order.push('promise');
    await deferred;
    expect(order).toEqual(['promise', 'deferred']);
  });

  it('uses the timers that a test has replaced', () => {
    vi.useFakeTimers();
    const fired: string[] = [];
    systemClock.setTimeout((name) => fired.push(name), 1_000, 'fired');
    vi.advanceTimersByTime(1_000);
    expect(fired).toEqual(['fired']);
  });
});

describe('defer', () => {
  it('uses the turns of the event loop, whatever timers a test has replaced', async () => {
    vi.useFakeTimers();
    await new Promise<void>((resolve) => systemClock.defer(resolve, undefined));
  });
});

describe('nativeTimers', () => {
  it("uses the machine's timers, whatever a test has replaced", async () => {
    vi.useFakeTimers();
    const name = await new Promise((resolve) => nativeTimers.setTimeout(resolve, 1, 'fired'));
    expect(name).toBe('fired');
  });
});

describe('delay', () => {
  it('resolves after its time, and not before', async () => {
    const clock = new FakeClock();
    const ended: string[] = [];
    const over = delay(clock, 5).then(() => ended.push('over'));
    await clock.advance(4);
    const early = [...ended];
    await clock.advance(1);
    await over;
    expect([early, ended]).toEqual([[], ['over']]);
  });
});
