import { afterEach, expect, it } from 'vitest';
import { catchUncaught } from '../../../../test/kit/uncaught.js';
import { attempt, callHook, throwLater } from '../../src/base/uncaught.js';

const runners = process.listeners('uncaughtException');

afterEach(() => {
  process.removeAllListeners('uncaughtException');
  for (const listener of runners) process.on('uncaughtException', listener);
});

it('lets later code run, and then throws as an uncaught exception', async () => {
  const order: string[] = [];
  // The test runner would report the exception as its own.
  process.removeAllListeners('uncaughtException');
  const uncaught = new Promise<void>((resolve) => {
    process.once('uncaughtException', (error) => {
      order.push(`uncaught: ${error.message}`);
      resolve();
    });
  });
  throwLater(new RangeError('of a listener'));
  order.push('goes on');
  await uncaught;
  expect(order).toEqual(['goes on', 'uncaught: of a listener']);
});

it('calls code that may fail, and continues', async () => {
  const uncaught = catchUncaught();
  const seen: unknown[] = [];
  attempt((...args: unknown[]) => seen.push(args), 1, 'two');
  attempt(() => {
    throw new RangeError('attempted');
  });
  await new Promise(setImmediate);
  expect([seen, uncaught]).toEqual([[[1, 'two']], ['attempted']]);
});

it('reports that a hook threw or rejected, and hides neither', async () => {
  const uncaught = catchUncaught();
  const failed: unknown[] = [];
  const hooks = [
    () => 'fine',
    async () => 'fine',
    () => {
      throw new RangeError('thrown');
    },
    async () => {
      throw new RangeError('rejected');
    },
  ];
  for (const hook of hooks) callHook(hook, (error) => failed.push((error as Error).message));
  await new Promise(setImmediate);
  expect([failed, uncaught]).toEqual([
    ['thrown', 'rejected'],
    ['thrown', 'rejected'],
  ]);
});
