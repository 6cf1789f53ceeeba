import { afterEach, expect, it } from 'vitest';
import { throwLater } from '../../src/base/uncaught.js';

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
