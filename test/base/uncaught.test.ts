import { afterEach, expect, it } from 'vitest';
import { attempt, callHook, throwLater } from '../../src/base/uncaught.js';
import { catchUncaught } from '../kit/uncaught.js';

const runners = process.listeners('uncaughtException');

afterEach(() => {
  process.removeAllListeners('uncaughtException');
  for (const listener of runners) process.on('uncaughtException', listener);
});

it('lets what follows go on, and then throws where uncaught exceptions end', async () => {
  const order: string[] = [];
  // The test runner would take the exception for its own.
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

it('attempts what may fail, and goes on', async () => {
  const uncaught = catchUncaught();
  const seen: unknown[] = [];
  attempt((...args: unknown[]) => seen.push(args), 1, 'two');
  attempt(() => {
    throw new RangeError('attempted');
  });
  await new Promise(setImmediate);
  expect([seen, uncaught]).toEqual([[[1, 'two']], ['attempted']]);
});

it('says when a hook threw or rejected, and hides neither', async () => {
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
