import { describe, expect, it } from 'vitest';
import { activePolicy } from '../../../src/namespace/slow-policies/policy.js';
import { type BacklogContext, SocketBacklog } from '../../../src/namespace/slow-readers/backlog-reader.js';
import type { Member } from '../../../src/namespace/socket/socket.js';
import { EncodedPacket } from '../../../src/transport/encoded-packet.js';

function build(isRecoverable = true) {
  const conn = { bufferedBytes: 0, readyState: 'open', transport: { writable: true }, waiting: undefined as unknown };
  const delivered: string[] = [];
  const told: unknown[] = [];
  const context = {
    log: { packets: { isMarked: true }, offset: '7' },
    settle: () => delivered.push('settled'),
    slowReaders: {
      encodeDropped: (...args: unknown[]) => {
        told.push(args);
        return [new EncodedPacket('dropped')];
      },
      table: { noteGone: (...args: unknown[]) => told.push(args) },
      groups: {
        onSent: (_member: Member, packets: readonly EncodedPacket[], _group: unknown, at: number) =>
          told.push(['sent', packets.length, at]),
        onUntold: (_member: Member, count: number) => told.push(['untold', count]),
      },
    },
  } as unknown as BacklogContext;
  const member = {
    id: 'me',
    namespace: { clock: { now: () => 7 } },
    client: {
      conn,
      isRecoverable,
      sink: {
        sendPackets: (packets: readonly EncodedPacket[]) => delivered.push(...packets.map(({ unit }) => String(unit))),
      },
    },
  } as unknown as Member;
  return {
    conn,
    delivered,
    told,
    member,
    reader: new SocketBacklog(member, context, () => delivered.push('end')),
  };
}

describe('a member as its backlog sees it', () => {
  it('has space while its connection accepts more, a piece at a time', () => {
    const { conn, reader } = build();
    conn.bufferedBytes = 10_000_000;
    expect(reader.hasSpace).toBe(true);
    conn.waiting = {};
    expect(reader.hasSpace).toBe(false);
    conn.bufferedBytes = 1_000;
    expect(reader.hasSpace).toBe(true);
    expect(reader.bufferedBytes).toBe(1_000);
    conn.transport.writable = false;
    expect(reader.hasSpace).toBe(false);
    Object.assign(conn, { transport: { writable: true }, readyState: 'closing' });
    expect(reader.hasSpace).toBe(false);
  });

  it('is sent events, notified of dropped ones, and counts them', () => {
    const { delivered, told, reader, member } = build();
    reader.settle();
    reader.take([new EncodedPacket('a'), new EncodedPacket('b')], undefined, 0);
    reader.onGap(3, '7');
    reader.onGone(10, true, activePolicy({ policy: 'newest-per-key', bytesMax: 1 }, 1, false), undefined, 0);
    reader.onCaughtUp();
    expect(delivered).toEqual(['settled', 'a', 'b', 'dropped', 'end']);
    expect(told).toEqual([
      [3, '7', true],
      [member, 10, true, 'newest-per-key'],
    ]);
  });

  it('notes marked events that leave, and counts that it could not tell', () => {
    const { told, reader } = build();
    const note = { count: 1, key: undefined, offset: undefined };
    reader.take([new EncodedPacket('a')], { ...note, group: undefined }, 4);
    reader.take([new EncodedPacket('b')], { ...note, group: { mark: 'delta', stream: 'live' } }, 5);
    reader.onUntold(4);
    expect(told).toEqual([
      ['sent', 1, 5],
      ['untold', 4],
    ]);
    expect(reader.now).toBe(7);
  });

  it('keeps packets unchanged, except for wires that interpret them', () => {
    const packet = new EncodedPacket('a', false);
    packet.source = { what: 'it says' };
    expect(build().reader.keep([packet])[0]).toBe(packet);
    const [kept] = build(false).reader.keep([packet]) as [EncodedPacket];
    packet.source = undefined;
    expect(kept).not.toBe(packet);
    expect(kept.source).toEqual({ what: 'it says' });
  });
});
