import { expect, it } from 'vitest';
import { readPrimaryMessage, readWorkerMessage } from '../../src/workers/messages.js';

it('reads the messages of a worker and of the primary', () => {
  const ready = { naru: 'ready', node: 'abcdefgh', report: { any: 1 } };
  const stop = { naru: 'stop', isGentle: true, isLast: false };
  const handOver = { naru: 'hand-over', node: 'abcdefgh', bytes: 'GET' };
  const take = { naru: 'take', bytes: 'GET' };
  expect([ready, handOver].map(readWorkerMessage)).toEqual([ready, handOver]);
  expect([stop, take].map(readPrimaryMessage)).toEqual([stop, take]);
  expect([readWorkerMessage(stop), readPrimaryMessage(ready)]).toEqual([undefined, undefined]);
});

it.each([
  undefined,
  null,
  'ready',
  7,
  [],
  {},
  { naru: 'ready' },
  { naru: 'stop' },
  { naru: 'stop', isGentle: 1, isLast: true },
  { naru: 'stop', isGentle: true },
  { naru: 'hand-over', node: 'abcdefgh' },
  { naru: 'hand-over', bytes: '' },
  { naru: 'take' },
])('leaves %j to the application', (message) => {
  expect([readWorkerMessage(message), readPrimaryMessage(message)]).toEqual([undefined, undefined]);
});
