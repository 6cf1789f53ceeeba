import { expect, it } from 'vitest';
import { readPrimaryMessage, readWorkerMessage } from '../../src/workers/messages.js';

it('reads the messages of a worker and of the primary', () => {
  const ready = { naru: 'ready', node: 'abcdefgh', report: { any: 1 } };
  const stop = { naru: 'stop', isGentle: true };
  expect([readWorkerMessage(ready), readPrimaryMessage(stop)]).toEqual([ready, stop]);
  expect([readWorkerMessage(stop), readPrimaryMessage(ready)]).toEqual([undefined, undefined]);
});

it.each([undefined, null, 'ready', 7, [], {}, { naru: 'ready' }, { naru: 'stop' }, { naru: 'stop', isGentle: 1 }])(
  'leaves %j to the application',
  (message) => {
    expect([readWorkerMessage(message), readPrimaryMessage(message)]).toEqual([undefined, undefined]);
  },
);
