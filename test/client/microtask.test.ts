import { afterEach, expect, test, vi } from 'vitest';
import { inMicrotask } from '../../src/client/microtask.js';

afterEach(() => {
  vi.useRealTimers();
});

test('calls after the code that runs now, in order, whatever is done to the timers', async () => {
  vi.useFakeTimers({ toFake: ['queueMicrotask', 'setTimeout', 'setImmediate'] });
  const calls: string[] = [];
  inMicrotask(() => calls.push('first'));
  inMicrotask(() => calls.push('second'));
  calls.push('now');
  await Promise.resolve();
  expect(calls).toEqual(['now', 'first', 'second']);
});
