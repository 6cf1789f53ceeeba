import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/index.js';
import { EncodedPacket, type Unit } from '../../../src/transport/encoded-packet.js';
import { PacketList } from '../../../src/transport/packet-list.js';
import type { TransportHandler } from '../../../src/transport/transport.js';
import { WebSocketConnection } from '../../../src/transport/websocket/connection.js';
import { webSocketSettings } from '../../../src/transport/websocket/settings.js';
import { WEBSOCKET_HANDLER, WebSocketTransport } from '../../../src/transport/websocket/transport.js';

function build(protocol: 3 | 4 = 4, takesBinary = true) {
  const clock = new FakeClock();
  const written: Buffer[] = [];
  const duplex = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      written.push(chunk);
      done();
    },
  });
  const events: unknown[] = [];
  const handler: TransportHandler = {
    onData: (_transport, unit: Unit) => events.push(unit),
    onWritable: () => events.push('writable'),
    onClose: (_transport, error) => events.push(['close', error?.code]),
  };
  const connection = new WebSocketConnection(
    duplex,
    'server',
    webSocketSettings({ clock, messageBytesMax: 100 }),
    WEBSOCKET_HANDLER,
  );
  return {
    clock,
    duplex,
    written,
    events,
    transport: new WebSocketTransport(connection, protocol, handler, takesBinary),
  };
}

const frame = (opcode: number, ...payload: number[]): Buffer =>
  Buffer.from([0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0, ...payload]);

describe('WebSocketTransport', () => {
  it('delivers each message as a unit', async () => {
    const { duplex, events, clock } = build();
    duplex.push(Buffer.concat([frame(1, 0x34, 0x61), frame(2, 7)]));
    await clock.settle();
    expect(events).toEqual(['4a', Buffer.from([7])]);
  });

  it.each([
    [4, 'bBwg=', Buffer.from([7, 8])],
    [3, 'b4Bwg=', Buffer.from([4, 7, 8])],
    [4, 'b*', 'b*'],
    [3, 'b', Buffer.from([0])],
  ] as const)('reads bytes in base64 in protocol %i: %j', async (protocol, text, unit) => {
    const { duplex, events, clock } = build(protocol);
    duplex.push(frame(1, ...Buffer.from(text)));
    await clock.settle();
    expect(events).toEqual([unit]);
  });

  it('sends the same frames whether or not bytes are large enough to go uncopied', () => {
    for (const protocol of [3, 4] as const) {
      for (const size of [16_383, 16_384, 70_000]) {
        const { transport, written } = build(protocol);
        const bytes = new Uint8Array(size).map((_, index) => index % 251);
        const list = PacketList.of(new EncodedPacket('451-["b"]')).append(new EncodedPacket(bytes));
        transport.send(list);
        expect(Buffer.concat(written).equals(list.framesFor(protocol))).toBe(true);
        expect(written.some(({ buffer }) => buffer === bytes.buffer)).toBe(protocol === 4 && size >= 16_384);
      }
    }
  });

  it('sends bytes in base64 to clients that asked for it', () => {
    for (const [protocol, text] of [
      [4, 'bBwg='],
      [3, 'b4Bwg='],
    ] as const) {
      const { transport, written } = build(protocol, false);
      transport.send(PacketList.of(new EncodedPacket('4a')).append(new EncodedPacket(Uint8Array.of(7, 8))));
      expect(Buffer.concat(written).toString('latin1')).toBe(
        `\x81\x024a\x81${String.fromCharCode(text.length)}${text}`,
      );
    }
  });

  it('writes a list in one piece', () => {
    const { transport, written } = build();
    transport.send(PacketList.of(new EncodedPacket('4a')).append(new EncodedPacket(Uint8Array.of(7))));
    expect(written).toEqual([Buffer.from([0x81, 2, 0x34, 0x61, 0x82, 1, 7])]);
    expect(transport.bufferedBytes).toBe(0);
    expect(transport.writable).toBe(true);
  });

  it('ends for its session as soon as it has reported it, once', async () => {
    const { transport, events, written, clock } = build();
    transport.close(1000, 'bye');
    transport.close();
    transport.abort();
    await clock.settle();
    expect(events).toEqual([['close', undefined]]);
    expect(written).toEqual([Buffer.from([0x88, 5, 0x03, 0xe8, 0x62, 0x79, 0x65])]);
  });

  it.each([
    ['a clean close', [0x03, 0xe8], undefined],
    ['a peer that goes away', [0x03, 0xe9], undefined],
    ['a close without a code', [], undefined],
    ['a close frame with half a code', [0x03], 'WS_BAD_FRAME'],
  ])('reports %s', async (_name, payload, code) => {
    const { duplex, events, clock } = build();
    duplex.push(frame(8, ...payload));
    await clock.settle();
    expect(events).toEqual([['close', code === undefined ? undefined : expect.stringMatching(/^WS_/)]]);
  });

  it('reports a message that is too large', async () => {
    const { duplex, events, clock } = build();
    duplex.push(Buffer.concat([Buffer.from([0x82, 0xfe, 0, 200, 0, 0, 0, 0]), Buffer.alloc(200)]));
    await clock.settle();
    expect(events).toEqual([['close', 'WS_MESSAGE_TOO_BIG']]);
  });
});
