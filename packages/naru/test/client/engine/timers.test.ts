import { afterEach, expect, test, vi } from 'vitest';
import { nativeTimers, systemClock, systemTimers } from '../../../src/base/clock.js';
import { chooseTimers } from '../../../src/client/engine/timers.js';

afterEach(() => {
  vi.useRealTimers();
});

test("uses the user's clock first", () => {
  const clock = { ...systemClock };
  expect(chooseTimers({ clock, useNativeTimers: true })).toBe(clock);
  expect(chooseTimers({})).toBe(systemTimers);
  expect(chooseTimers({ useNativeTimers: true })).toBe(nativeTimers);
});

test('fires native timers although a test replaced the global ones', async () => {
  vi.useFakeTimers();
  const fired = new Promise<string>((resolve) => {
    chooseTimers({ useNativeTimers: true }).setTimeout(resolve, 1, 'native');
  });
  let isFaked = true;
  chooseTimers({}).setTimeout(
    () => {
      isFaked = false;
    },
    0,
    undefined,
  );
  expect(await fired).toBe('native');
  expect(isFaked).toBe(true);
});

test('lets the program end with autoUnref', () => {
  const hasRef = (autoUnref: boolean): boolean => {
    const timers = chooseTimers({ autoUnref });
    const timer = timers.setTimeout(() => {}, 10_000, undefined);
    timers.clearTimeout(timer);
    return (timer as NodeJS.Timeout).hasRef();
  };
  expect([hasRef(false), hasRef(true)]).toEqual([true, false]);
});
