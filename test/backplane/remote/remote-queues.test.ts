import { expect, it } from 'vitest';
import { HomeCalls } from '../../../src/backplane/remote/calls.js';
import type { UplinkHandler } from '../../../src/backplane/remote/home.js';
import { RemoteQueues } from '../../../src/backplane/remote/remote-queues.js';
import { FakeClock } from '../../../src/testing/fake-clock.js';
import { SeededRandom } from '../../../src/testing/seeded-random.js';
import { MUTE } from './mute-uplink.js';

it('watches a queue once for all watchers, and again over a new uplink', async () => {
  const clock = new FakeClock();
  const requests: string[] = [];
  const uplinks: Pick<UplinkHandler, 'onQueue' | 'onClose'>[] = [];
  const calls: HomeCalls = new HomeCalls({
    clock,
    random: new SeededRandom(1),
    writer: 'me',
    async connect(handler) {
      uplinks.push({ ...handler, onQueue: (queue) => queues.onMore(queue) });
      return {
        call: async ({ method }) => void requests.push(method),
        ...MUTE,
        close: () => undefined,
      };
    },
    onUplink: () => queues.onUplink(),
    onState: () => undefined,
    onFailed: () => undefined,
  });
  const queues: RemoteQueues = new RemoteQueues(calls, true);
  calls.open();
  await clock.settle();
  let told = 0;
  const ends = [1, 2].map(() =>
    queues.watch('a', () => {
      told += 1;
    }),
  );
  uplinks[0]?.onQueue('a');
  uplinks[0]?.onQueue('b');
  expect([requests, told]).toEqual([['queueWatch'], 2]);
  uplinks[0]?.onClose();
  await clock.advance(1_000);
  // Messages may have come while nobody was told.
  expect([requests, told]).toEqual([['queueWatch', 'queueWatch'], 4]);
  for (const end of ends) end();
  for (const end of ends) end();
  expect(requests).toEqual(['queueWatch', 'queueWatch', 'queueUnwatch']);
  await clock.settle();
  await calls.close();
});
