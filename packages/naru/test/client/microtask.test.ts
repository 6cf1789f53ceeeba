import { afterEach, expect, test, vi } from 'vitest';
import { inMicrotask } from '../../src/client/microtask.js';

afterEach(() => {
  vi.useRealTimers();
});

test('calls back after the running code, in order, even with replaced timers', async () => {
  vi.useFakeTimers({ toFake: ['queueMicrotask', 'setTimeout', 'setImmediate'] });
  const calls: string[] = [];
  inMicrotask(() => calls.push('first'));
  inMicrotask(() => calls.push('second'));
  calls.push('now');
  await Promise.resolve();
  expect(calls).toEqual(['now', 'first', 'second']);
});
