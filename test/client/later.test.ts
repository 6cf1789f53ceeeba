import { afterEach, expect, test, vi } from 'vitest';
import { later } from '../../src/client/later.js';

afterEach(() => {
  vi.useRealTimers();
});

test('calls after the code that runs now, in order, whatever is done to the timers', async () => {
  vi.useFakeTimers({ toFake: ['queueMicrotask', 'setTimeout', 'setImmediate'] });
  const calls: string[] = [];
  later(() => calls.push('first'));
  later(() => calls.push('second'));
  calls.push('now');
  await Promise.resolve();
  expect(calls).toEqual(['now', 'first', 'second']);
});
