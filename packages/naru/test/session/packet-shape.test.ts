import { expect, it } from 'vitest';
import { shapeOf } from '../../src/session/packet-shape.js';
import { EncodedPacket } from '../../src/transport/encoded-packet.js';

it('shows text, bytes and control packets as engine.io does', () => {
  const bytes = Uint8Array.of(1);
  expect([new EncodedPacket('4'), new EncodedPacket('42["a"]', false), new EncodedPacket(bytes)].map(shapeOf)).toEqual([
    { type: 'message', data: '', options: { compress: true } },
    { type: 'message', data: '2["a"]', options: { compress: false } },
    { type: 'message', data: bytes, options: { compress: true } },
  ]);
  expect(shapeOf(new EncodedPacket('2', false))).toEqual({ type: 'ping', options: { compress: false } });
  expect(shapeOf(new EncodedPacket('3probe', false))).toMatchObject({ type: 'pong', data: 'probe' });
});
