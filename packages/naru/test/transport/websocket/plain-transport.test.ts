import { Duplex } from 'node:stream';
import { expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/index.js';
import { EncodedPacket } from '../../../src/transport/encoded-packet.js';
import { PacketList } from '../../../src/transport/packet-list.js';
import { WebSocketConnection } from '../../../src/transport/websocket/connection.js';
import { PLAIN_WEBSOCKET_HANDLER, PlainWebSocketTransport } from '../../../src/transport/websocket/plain-transport.js';
import { webSocketSettings } from '../../../src/transport/websocket/settings.js';

const frame = (opcode: number, text: string): Buffer =>
  Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);

/** A stream that keeps what is written to it. */
function openDuplex(): { duplex: Duplex; written: Buffer[] } {
  const written: Buffer[] = [];
  const duplex = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      written.push(chunk);
      done();
    },
  });
  return { duplex, written };
}

it('passes messages on unchanged, holds back its reader, and asks its peer for signs of life', async () => {
  const clock = new FakeClock();
  const { duplex, written } = openDuplex();
  const units: unknown[] = [];
  const settings = webSocketSettings({ clock, messageBytesMax: 100 });
  const connection = new WebSocketConnection(duplex, 'server', settings, PLAIN_WEBSOCKET_HANDLER);
  const transport = new PlainWebSocketTransport(connection, {
    onData: (_transport, unit) => {
      units.push(unit);
      if (unit === 'wait') transport.pause();
    },
    onWritable: () => undefined,
    onClose: () => undefined,
  });
  expect(transport.isPlain).toBe(true);
  duplex.push(Buffer.concat([frame(1, 'bAQI='), frame(2, 'x'), frame(1, 'wait'), frame(1, 'later')]));
  await clock.settle();
  expect(units).toEqual(['bAQI=', Buffer.from('x'), 'wait']);
  transport.resume();
  await clock.settle();
  expect(units.at(-1)).toBe('later');
  transport.send(PacketList.of(new EncodedPacket('ab\0')));
  expect(Buffer.concat(written).toString('latin1')).toBe('\x81\x03ab\0');
  // A ping each time. The peer answers the second.
  expect([transport.checkPeer(), transport.checkPeer()]).toEqual([true, false]);
  duplex.push(frame(0xa, ''));
  await clock.settle();
  expect(transport.checkPeer()).toBe(true);
  expect(Buffer.concat(written).subarray(5).toString('latin1')).toBe('\x89\0\x89\0\x89\0');
});

it('counts a peer as there while parts of a message come, and not when they stop coming', async () => {
  const clock = new FakeClock();
  const { duplex } = openDuplex();
  const settings = webSocketSettings({ clock, messageBytesMax: 100 });
  const connection = new WebSocketConnection(duplex, 'server', settings, PLAIN_WEBSOCKET_HANDLER);
  const onData = (): void => undefined;
  const transport = new PlainWebSocketTransport(connection, { onData, onWritable: onData, onClose: onData });
  const whole = frame(1, 'x'.repeat(50));
  const push = async (from: number, to: number): Promise<void> => {
    duplex.push(whole.subarray(from, to));
    await clock.settle();
  };
  transport.checkPeer();
  for (let at = 0; at < 50; at += 10) {
    await push(at, at + 10);
    expect(transport.checkPeer()).toBe(true);
  }
  expect([transport.checkProgress(), transport.checkPeer()]).toEqual([false, false]);
  await push(50, whole.byteLength);
  // The message is complete, which its receiver has noticed.
  expect([transport.checkProgress(), transport.checkPeer(), transport.checkPeer()]).toEqual([false, true, false]);
});
