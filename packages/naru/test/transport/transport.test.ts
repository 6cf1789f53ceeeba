import { expect, it } from 'vitest';
import { FakeClock, MemoryTransport } from '../../../testing/src/index.js';
import { BaseTransport, NOBODY } from '../../src/transport/transport.js';

it('runs a transport to its end with NOBODY', async () => {
  const clock = new FakeClock();
  const transport = new MemoryTransport(clock, NOBODY);
  transport.peer.send('4lost');
  await clock.settle();
  transport.peer.close();
  await clock.settle();
  expect(transport.writable).toBe(false);
});

it('reports the end to the handler of a BaseTransport once', () => {
  class Wire extends BaseTransport {
    readonly name = 'tcp';
    readonly protocol = 4;
    readonly writable = true;
    readonly bufferedBytes = 0;
    send(): void {}
    close(): void {
      this.onClosed();
    }
    abort(): void {}
  }
  const closes: unknown[] = [];
  const transport = new Wire({ ...NOBODY, onClose: (...told) => closes.push(told) });
  expect([transport.isOver, transport.carries.reliable]).toEqual([false, true]);
  transport.retire();
  transport.close();
  expect(transport.isOver).toBe(true);
  expect(closes).toEqual([[transport, undefined]]);
});
