import { expect, it } from 'vitest';
import type { Lane } from '../../src/session/session-events.js';
import { counters } from '../../src/taps/counters.js';
import { EncodedPacket, type Unit } from '../../src/transport/encoded-packet.js';
import { openSession } from './memory-session.js';

class MemoryLane implements Lane {
  readonly sent: Unit[][] = [];
  isUp = true;
  closeCount = 0;

  send(packets: readonly EncodedPacket[]): boolean {
    if (this.isUp) this.sent.push(packets.map(({ unit }) => unit));
    return this.isUp;
  }

  close(): void {
    this.closeCount += 1;
  }
}

const packets = (...units: Unit[]) => units.map((unit) => new EncodedPacket(unit));

it('takes volatile packets while it can, and leaves them to the transport otherwise', async () => {
  const { session, transport, clock } = openSession();
  await clock.settle();
  const lane = new MemoryLane();
  session.lane = lane;
  session.sendVolatile(packets('451-["a"]', Uint8Array.of(1)));
  session.sendPacket(new EncodedPacket('42["ordered"]'));
  lane.isUp = false;
  await clock.settle();
  session.sendVolatile(packets('42["b"]'));
  await clock.settle();
  expect(lane.sent).toEqual([['451-["a"]', Uint8Array.of(1)]]);
  expect(transport.peer.received.slice(-2)).toEqual(['42["ordered"]', '42["b"]']);
});

it('delivers whole messages, and nothing after it was replaced', () => {
  const { session } = openSession();
  const heard: (readonly Unit[])[] = [];
  session.receiver = { onMessage: () => undefined, onClose: () => undefined, onVolatile: (units) => heard.push(units) };
  const [former, lane] = [new MemoryLane(), new MemoryLane()];
  session.lane = lane;
  session.onVolatile(former, ['42["no"]']);
  session.onVolatile(lane, ['451-["yes"]', Uint8Array.of(1)]);
  expect(heard).toEqual([['51-["yes"]', Uint8Array.of(1)]]);
});

it('closes with its session, once', async () => {
  const { session, clock } = openSession();
  const lane = new MemoryLane();
  session.lane = lane;
  session.close(true);
  session.close(true);
  await clock.settle();
  expect([lane.closeCount, session.lane]).toEqual([1, undefined]);
});

/** Returns how much the counters of messages and packets rise during `run`. */
function risenDuring(run: () => void): readonly number[] {
  const read = () => [counters.messagesIn, counters.bytesIn, counters.packetsOut, counters.bytesOut];
  const before = read();
  run();
  return read().map((count, at) => count - (before[at] ?? 0));
}

it('counts what goes over the lane, and what its transport takes in a datagram', async () => {
  const { session, transport, clock } = openSession();
  await clock.settle();
  const sent = packets('451-["a"]', Uint8Array.of(1, 2));
  const lane = new MemoryLane();
  session.lane = lane;
  expect(risenDuring(() => session.sendVolatile(sent))).toEqual([0, 0, 2, 11]);
  lane.isUp = false;
  let takes = true;
  Object.assign(transport, { sendVolatile: () => takes });
  expect(risenDuring(() => session.sendVolatile(sent))).toEqual([0, 0, 2, 11]);
  takes = false;
  // The outbox counts these when it gives them to the transport, so no packet counts twice.
  expect(risenDuring(() => session.sendVolatile(sent))).toEqual([0, 0, 0, 0]);
  expect(risenDuring(() => session.flush())).toEqual([0, 0, 2, 11]);
});

it('counts what arrives over the lane or in a datagram, and nothing after it was replaced', () => {
  const { session, transport } = openSession();
  const [former, lane] = [new MemoryLane(), new MemoryLane()];
  session.lane = lane;
  const units: Unit[] = ['451-["a"]', Uint8Array.of(1, 2)];
  for (const source of [lane, transport])
    expect(risenDuring(() => session.onVolatile(source, units))).toEqual([2, 11, 0, 0]);
  expect(risenDuring(() => session.onVolatile(former, units))).toEqual([0, 0, 0, 0]);
});
