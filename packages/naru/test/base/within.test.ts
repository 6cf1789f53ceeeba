import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { FakeClock } from '../../../testing/src/index.js';
import { within } from '../../src/base/within.js';

it('gives the value of a promise, and nothing when it rejects or takes too long', async () => {
  const clock = new FakeClock();
  let outcome: unknown = 'none';
  const pending = within(clock, new Promise<void>(() => undefined), 1_000).then((value) => {
    outcome = value;
  });
  expect(await within(clock, Promise.resolve(undefined), 1_000)).toEqual({ value: undefined });
  expect(await within(clock, Promise.reject(new RangeError('no')), 1_000)).toBeUndefined();
  await clock.advance(999);
  expect(outcome).toBe('none');
  await clock.advance(1);
  await pending;
  expect([outcome, clock.timerCount]).toEqual([undefined, 0]);
});

it('waits no longer than for the end of a connection, and leaves no listener', async () => {
  const clock = new FakeClock();
  const connection = new EventEmitter();
  const pending = within(clock, new Promise<void>(() => undefined), 1_000, connection);
  connection.emit('close');
  expect([await pending, clock.timerCount]).toEqual([undefined, 0]);
  await within(clock, Promise.resolve(), 1_000, connection);
  expect(connection.listenerCount('close')).toBe(0);
});
