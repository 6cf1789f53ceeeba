import { afterEach, expect, test, vi } from 'vitest';
import { nativeClock, systemClock } from '../../src/base/clock.js';
import { chooseClock } from '../../src/client/clock.js';

afterEach(() => {
  vi.useRealTimers();
});

test('takes the clock of the user first', () => {
  const clock = { ...systemClock };
  expect(chooseClock({ clock, useNativeTimers: true })).toBe(clock);
  expect(chooseClock({})).toBe(systemClock);
  expect(chooseClock({ useNativeTimers: true })).toBe(nativeClock);
});

test('native timers fire although a test replaced the global ones', async () => {
  vi.useFakeTimers();
  const fired = new Promise<string>((resolve) => {
    chooseClock({ useNativeTimers: true }).setTimeout(resolve, 1, 'native');
  });
  let isFaked = true;
  chooseClock({}).setTimeout(
    () => {
      isFaked = false;
    },
    0,
    undefined,
  );
  expect(await fired).toBe('native');
  expect(isFaked).toBe(true);
});
