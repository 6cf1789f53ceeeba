import { describe, expect, it } from 'vitest';
import { type BackloggedSocket, copyOf, SocketBacklog } from '../../../src/namespace/slow-readers/backlog-reader.js';
import { EncodedPacket } from '../../../src/transport/encoded-packet.js';

function build(isRecoverable = true) {
  const conn = { bufferedBytes: 0, readyState: 'open', transport: { writable: true }, waiting: undefined as unknown };
  const delivered: string[] = [];
  const told: unknown[] = [];
  const socket = {
    id: 'me',
    nsp: {
      name: '/',
      log: { isMarked: true },
      settle: () => delivered.push('settled'),
      slowReaders: {
        encodeDropped: (...args: unknown[]) => {
          told.push(args);
          return [new EncodedPacket('dropped')];
        },
        table: { noteGone: (...args: unknown[]) => told.push(args) },
      },
    },
    client: {
      conn,
      isRecoverable,
      deliver: (packets: readonly EncodedPacket[]) => delivered.push(...packets.map(({ unit }) => String(unit))),
    },
  };
  return {
    conn,
    delivered,
    told,
    socket,
    reader: new SocketBacklog(socket as unknown as BackloggedSocket, () => delivered.push('end')),
  };
}

describe('a socket as its backlog sees it', () => {
  it('has space while its connection takes more, a piece at a time', () => {
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

  it('is sent events, told of those that went, and counts them', () => {
    const { delivered, told, reader, socket } = build();
    reader.settle();
    reader.take([new EncodedPacket('a'), new EncodedPacket('b')]);
    reader.onGap(3, '7');
    reader.onGone(10, true, { name: 'newest-per-key', bytesMax: 1, limit: 1, isDropping: true });
    reader.onCaughtUp();
    expect(delivered).toEqual(['settled', 'a', 'b', 'dropped', 'end']);
    expect(told).toEqual([
      [3, '7', true],
      [socket, 10, true, 'newest-per-key'],
    ]);
  });

  it('keeps packets as they are, but for wires that read what they say: that is let go elsewhere', () => {
    const packet = new EncodedPacket('a', false);
    packet.source = { what: 'it says' };
    expect(build().reader.keep([packet])[0]).toBe(packet);
    const [kept] = build(false).reader.keep([packet]) as [EncodedPacket];
    packet.source = undefined;
    expect(kept).not.toBe(packet);
    expect(kept.source).toEqual({ what: 'it says' });
    expect(copyOf(packet)).toMatchObject({ unit: 'a', compress: false });
  });
});
