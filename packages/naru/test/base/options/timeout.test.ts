import { expect, it } from 'vitest';
import { checkTimeout } from '../../../src/base/options/timeout.js';
import { io } from '../../../src/client/index.js';
import { Server } from '../../../src/server/api/server.js';

it.each(['5s', Number.NaN, -1, 2 ** 31, undefined, null])('refuses %s', (given) => {
  const error = expect.objectContaining({
    code: 'BAD_ARGUMENT',
    message: expect.stringContaining('a number of milliseconds'),
  });
  expect(() => checkTimeout(given)).toThrow(error);
  const server = new Server();
  expect(() => server.timeout(given as number)).toThrow(error);
  expect(() => server.to('room').timeout(given as number)).toThrow(error);
  expect(() => io('http://localhost:1', { autoConnect: false, forceNew: true }).timeout(given as number)).toThrow(
    error,
  );
});

it.each([0, 1.5, 2 ** 31 - 1])('accepts %s', (given) => {
  expect(checkTimeout(given)).toBe(given);
});
