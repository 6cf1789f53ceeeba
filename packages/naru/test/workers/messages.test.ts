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
  const share = { naru: 'share-port', port: '3000' };
  const give = { naru: 'give', port: '3000' };
  const took = { naru: 'took', gift: 7 };
  const ofWorkers = [ready, handOver, ask, opened, release, share, give, took, { ...share, naru: 'leave-port' }];
  expect(ofWorkers.map(readWorkerMessage)).toEqual(ofWorkers);
  const copy = { naru: 'copy', port: '3000' };
  const accept = { naru: 'accept', port: '3000', gift: 7 };
  const given = { naru: 'given' };
  const ofPrimary = [stop, retire, take, copy, accept, given];
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
  { naru: 'share-port' },
  { naru: 'give', port: 7 },
  { naru: 'took' },
  { naru: 'copy', port: 7 },
  { naru: 'accept', port: '3000' },
  { naru: 'toString' },
  { naru: 'ask-lock' },
  { naru: 'release-lock', endpoint: 7 },
  { naru: 'endpoint-opened', endpoint: 'udp://:4001' },
  { naru: 'lock', endpoint: 'udp://:4001', isYours: true, port: 4001 },
])('leaves %j to the application', (message) => {
  expect([readWorkerMessage(message), readPrimaryMessage(message)]).toEqual([undefined, undefined]);
});
