import { describe, expect, it } from 'vitest';
import { DIALECT_V5, StandardCodec } from '../../../src/namespace/codec.js';
import { OutgoingEvent } from '../../../src/namespace/outgoing-event.js';
import { type SlowMember, SlowReaders } from '../../../src/namespace/slow-readers/slow-readers.js';
import { SlowTable } from '../../../src/namespace/slow-readers/slow-table.js';
import { FakeClock } from '../../../src/testing/index.js';

function build() {
  const clock = new FakeClock();
  const slowTable = new SlowTable(clock);
  const codec = new StandardCodec(DIALECT_V5, { attachmentsMax: 1, attachmentBytesMax: 1, depthMax: 10 });
  const slowSettings = { policy: undefined, bytesMax: 1_000, roomsMax: 10, bufferedBytesMax: 10_000 };
  const slow = new SlowReaders('/chat', { clock, codec, slowSettings, slowTable }, false);
  const ends: number[] = [];
  const conn = {
    waiting: undefined as unknown,
    transport: { name: 'websocket', writable: false },
    isAwaitingSpace: false,
    giveUp: (bytesMax: number) => ends.push(bytesMax),
  };
  const socket = { id: 'me', connected: true, waitingBytes: 5_000, namespace: { name: '/chat' }, client: { conn } };
  return { clock, slow, ends, conn, socket, slowSocket: socket as unknown as SlowMember };
}

describe('the slow readers of a namespace', () => {
  it('take policies for all, or for a room, and give them back', () => {
    const { slow } = build();
    slow.set({ policy: 'hold', bytesMax: 5 });
    slow.set('room', { policy: 'disconnect', bytesMax: 6 });
    expect([slow.budgetOf([]), slow.budgetOf(['room'])]).toEqual([5, 6]);
    slow.set('room', undefined);
    expect(slow.budgetOf(['room'])).toBe(5);
    slow.set(undefined);
    expect(slow.isActive).toBe(false);
    expect(slow.budgetOf([])).toBe(1_000);
  });

  it('are disconnected at the end of the turn, where still too much waits then, at the least budget', async () => {
    const { slow, ends, socket, slowSocket, clock } = build();
    slow.doom(slowSocket, 3_000);
    slow.doom(slowSocket, 2_000);
    slow.doom(slowSocket, 4_000);
    expect(ends).toEqual([]);
    await clock.settle();
    expect(ends).toEqual([2_000]);
    slow.doom(slowSocket, 3_000);
    socket.waitingBytes = 2_900;
    await clock.settle();
    slow.doom(slowSocket, 1_000);
    slow.onGone(slowSocket, false);
    await clock.settle();
    expect(ends).toEqual([2_000]);
  });

  it('are over their budget until they have read, or their connection takes more', () => {
    const { slow, socket, slowSocket, conn } = build();
    expect(slow.isOver(slowSocket, 5_000)).toBe(false);
    expect(slow.isOver(slowSocket, 4_999)).toBe(true);
    conn.transport.writable = true;
    expect(slow.isOver(slowSocket, 4_999)).toBe(false);
    socket.waitingBytes = 0;
    slow.table.begin(slowSocket, 'catch-up');
    expect(slow.isOver(slowSocket, 4_999)).toBe(true);
    slow.onCaughtUp(slowSocket);
    expect(slow.isOver(slowSocket, 4_999)).toBe(false);
  });

  it('are told of space while they are held or waited for', async () => {
    const { slow, socket, slowSocket, conn } = build();
    expect(slow.awaits(slowSocket)).toBe(false);
    slow.hold(slowSocket);
    expect([conn.isAwaitingSpace, slow.awaits(slowSocket), slow.someHeld(() => true)]).toEqual([true, true, true]);
    slow.onSpace(slowSocket);
    expect([slow.awaits(slowSocket), slow.someHeld(() => true)]).toEqual([false, false]);
    const drained = slow.drained(slowSocket, 100, undefined);
    expect(slow.awaits(slowSocket)).toBe(true);
    slow.onSpace(slowSocket);
    socket.waitingBytes = 100;
    slow.onSpace(slowSocket);
    expect(await drained).toBe('drained');
    expect(slow.awaits(slowSocket)).toBe(false);
  });

  it('leave nothing behind, and count those of whom too much waited', async () => {
    const { slow, slowSocket } = build();
    slow.hold(slowSocket);
    const drained = slow.drained(slowSocket, 100, undefined);
    slow.onGone(slowSocket, true);
    expect(await drained).toBe('gone');
    expect(slow.table.report()).toMatchObject({ count: 0, totals: { disconnected: 1 } });
    expect(slow.bufferedBytesMax).toBe(10_000);
  });

  it('are told that events were dropped, with an offset where they go on by offsets', () => {
    const { slow } = build();
    expect(slow.encodeDropped(3, undefined, true).map(({ unit }) => unit)).toEqual([
      '42/chat,["naru:dropped",{"count":3}]',
    ]);
    expect(slow.encodeDropped(3, '7', false).map(({ unit }) => unit)).toEqual(['42/chat,["naru:dropped",{"count":3}]']);
    const [marked] = slow.encodeDropped(3, '7', true);
    expect(marked?.unit).toBe('42/chat,["naru:dropped",{"count":3},"7"]');
    const source = marked?.source as OutgoingEvent;
    expect([source.name, source.offset, source.json]).toEqual(['naru:dropped', '7', '[{"count":3}]']);
    expect(source).toBeInstanceOf(OutgoingEvent);
  });
});
