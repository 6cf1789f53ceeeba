import { expect, it } from 'vitest';
import { FakeClock, MemoryTransport } from '../../src/testing/index.js';
import { NOBODY } from '../../src/transport/transport.js';

it('NOBODY lets a transport run to its end', async () => {
  const clock = new FakeClock();
  const transport = new MemoryTransport(clock, NOBODY);
  transport.peer.send('4lost');
  await clock.settle();
  transport.peer.close();
  await clock.settle();
  expect(transport.writable).toBe(false);
});
