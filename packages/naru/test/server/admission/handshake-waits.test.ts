import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/index.js';
import { HandshakeWaits } from '../../../src/server/admission/handshake-waits.js';

function build() {
  const clock = new FakeClock();
  const told: string[] = [];
  return { clock, told, waits: new HandshakeWaits(clock, 1_000), carrier: new EventEmitter() };
}

describe('HandshakeWaits', () => {
  it('lasts until the decision, which counts once', async () => {
    const { clock, told, waits, carrier } = build();
    const isDue = waits.begin(carrier, (why) => told.push(why));
    expect([waits.count, isDue(), isDue(), waits.count]).toEqual([1, true, false, 0]);
    await clock.advance(2_000);
    expect([told, carrier.listenerCount('close'), clock.timerCount]).toEqual([[], 0, 0]);
  });

  it('ends at its deadline, and ignores a later decision', async () => {
    const { clock, told, waits, carrier } = build();
    const isDue = waits.begin(carrier, (why) => told.push(why));
    await clock.advance(999);
    expect(told).toEqual([]);
    await clock.advance(1);
    expect([told, isDue(), waits.count, carrier.listenerCount('close')]).toEqual([['undecided'], false, 0, 0]);
  });

  it('ends silently with its client', () => {
    const { clock, told, waits, carrier } = build();
    const isDue = waits.begin(carrier, (why) => told.push(why));
    carrier.emit('close');
    expect([told, isDue(), waits.count, clock.timerCount]).toEqual([[], false, 0, 0]);
  });

  it('ends with the engine', () => {
    const { clock, told, waits, carrier } = build();
    waits.begin(carrier, (why) => told.push(why));
    waits.begin(new EventEmitter(), (why) => told.push(why));
    waits.close();
    expect([told, waits.count, clock.timerCount]).toEqual([['closed', 'closed'], 0, 0]);
  });

  it('holds the socket of an upgrade until the decision, or until its end', async () => {
    const { clock, told, waits } = build();
    const sockets = [new PassThrough(), new PassThrough()] as const;
    const heldCounts = (): number[] => sockets.map((socket) => socket.listenerCount('error'));
    const free = heldCounts();
    const isDue = waits.hold(sockets[0], (why) => told.push(why));
    waits.hold(sockets[1], (why) => told.push(why));
    expect(heldCounts()).toEqual(free.map((count) => count + 1));
    expect([isDue(), isDue(), heldCounts()]).toEqual([true, false, [free[0], 1 + (free[1] ?? 0)]]);
    await clock.advance(1_000);
    expect([told, heldCounts(), waits.count]).toEqual([['undecided'], free, 0]);
  });
});
