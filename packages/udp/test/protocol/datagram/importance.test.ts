import { expect, it } from 'vitest';
import { encodePacket, PacketType, type SocketPacket } from '../../../../naru/src/protocol/socket-io/packet.js';
import { attachmentCountOf, isImportant } from '../../../src/protocol/datagram/importance.js';

const textOf = (packet: SocketPacket): string => `4${String(encodePacket(packet)[0])}`;

it('must deliver packets that keep a session going, and those that somebody awaits', () => {
  for (const nsp of ['/', '/chat', '/a-1']) {
    expect(isImportant(textOf({ type: PacketType.CONNECT, nsp, data: { token: '1' } }))).toBe(true);
    expect(isImportant(textOf({ type: PacketType.DISCONNECT, nsp }))).toBe(true);
    expect(isImportant(textOf({ type: PacketType.CONNECT_ERROR, nsp, data: { message: 'no' } }))).toBe(true);
    expect(isImportant(textOf({ type: PacketType.ACK, nsp, id: 7, data: [1] }))).toBe(true);
    expect(isImportant(textOf({ type: PacketType.ACK, nsp, id: 7, data: [Uint8Array.of(1)] }))).toBe(true);
    expect(isImportant(textOf({ type: PacketType.EVENT, nsp, id: 0, data: ['ask', 1] }))).toBe(true);
    expect(isImportant(textOf({ type: PacketType.EVENT, nsp, id: 12, data: ['ask', Uint8Array.of(1)] }))).toBe(true);
  }
  for (const control of ['0{"sid":"x"}', '1', '2', '2probe', '3', '5', '6']) expect(isImportant(control)).toBe(true);
});

it('may lose an event without an acknowledgement, and anything but Socket.IO', () => {
  for (const nsp of ['/', '/chat', '/12[']) {
    expect(isImportant(textOf({ type: PacketType.EVENT, nsp, data: ['say', '1'] }))).toBe(false);
    expect(
      isImportant(textOf({ type: PacketType.EVENT, nsp, data: ['say', Uint8Array.of(1), Uint8Array.of(2)] })),
    ).toBe(false);
  }
  for (const text of ['4', '4hello', '4{"a":1}', '49']) expect(isImportant(text)).toBe(false);
});

it('counts the attachments that a text announces', () => {
  const withThree = {
    type: PacketType.EVENT,
    nsp: '/',
    data: ['a', Uint8Array.of(1), Uint8Array.of(2), [Uint8Array.of(3)]],
  };
  expect(attachmentCountOf(textOf(withThree))).toBe(3);
  expect(attachmentCountOf(textOf({ type: PacketType.ACK, nsp: '/', id: 1, data: [Uint8Array.of(1)] }))).toBe(1);
  for (const text of ['42["a"]', '45', '45-', '451', '2', '']) expect(attachmentCountOf(text)).toBe(0);
});
