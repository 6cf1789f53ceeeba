import { expect, it } from 'vitest';
import { readPrimaryMessage, readWorkerMessage } from '../../src/workers/messages.js';

it('reads the messages of a worker and of the primary', () => {
  const ready = { naru: 'ready', node: 'abcdefgh', report: { any: 1 } };
  const stop = { naru: 'stop', isGentle: true, isLast: false };
  const handOver = { naru: 'hand-over', node: 'abcdefgh', bytes: 'GET' };
  const retire = { naru: 'retire' };
  const take = { naru: 'take', bytes: 'GET' };
  const endpoint = '1 udp://:4001';
  const ask = { naru: 'ask-lock', endpoint };
  const opened = { naru: 'endpoint-opened', endpoint, port: 4001 };
  const release = { naru: 'release-lock', endpoint };
  const ofWorkers = [ready, handOver, ask, opened, release];
  expect(ofWorkers.map(readWorkerMessage)).toEqual(ofWorkers);
  const ofPrimary = [stop, retire, take];
  expect(ofPrimary.map(readPrimaryMessage)).toEqual(ofPrimary);
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
  { naru: 'ask-lock' },
  { naru: 'release-lock', endpoint: 7 },
  { naru: 'endpoint-opened', endpoint: 'udp://:4001' },
  { naru: 'lock', endpoint: 'udp://:4001', isYours: true, port: 4001 },
])('leaves %j to the application', (message) => {
  expect([readWorkerMessage(message), readPrimaryMessage(message)]).toEqual([undefined, undefined]);
});
