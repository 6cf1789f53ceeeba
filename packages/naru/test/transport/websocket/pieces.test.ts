import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { EncodedPacket } from '../../../src/transport/encoded-packet.js';
import { PacketList } from '../../../src/transport/packet-list.js';
import { piecesOf } from '../../../src/transport/websocket/pieces.js';

const [A, B, C] = [new EncodedPacket('4a'), new EncodedPacket(Uint8Array.of(7)), new EncodedPacket('4c')];

describe('the pieces of a list', () => {
  it('have large bytes unchanged, and join the frames around them', () => {
    const large = new Uint8Array(16 * 1024).fill(9);
    const packet = new EncodedPacket(large);
    const list = PacketList.of(A).append(B).append(packet).append(packet).append(C).append(B);
    const pieces = piecesOf(list, 4);
    expect(pieces.map(({ byteLength }) => byteLength)).toEqual([4 + 3 + 4, 16_384, 4, 16_384, 4 + 3]);
    expect(pieces[1]?.buffer).toBe(large.buffer);
    expect(Buffer.concat(pieces).equals(list.framesFor(4))).toBe(true);
    expect(Buffer.concat(piecesOf(list, 3)).equals(list.framesFor(3))).toBe(true);
    const [text, small] = [new EncodedPacket(`4${'x'.repeat(20_000)}`), new EncodedPacket(new Uint8Array(16_383))];
    for (const one of [text, small, packet]) {
      for (const protocol of [3, 4] as const) {
        const alone = PacketList.of(one);
        expect(piecesOf(alone, protocol)).toHaveLength(one === packet && protocol === 4 ? 2 : 1);
        expect(Buffer.concat(piecesOf(alone, protocol)).equals(alone.framesFor(protocol))).toBe(true);
      }
    }
  });

  it('are made once if several sessions have it', () => {
    const first = PacketList.of(A);
    const packet = new EncodedPacket(new Uint8Array(20_000));
    first.append(packet);
    const shared = first.append(packet);
    expect(piecesOf(shared, 4)).toBe(piecesOf(shared, 4));
    expect(piecesOf(shared, 3)).not.toBe(piecesOf(shared, 4));
  });

  it('are one if several sessions have it, up to 128 KiB', () => {
    for (const [size, count] of [
      [128 * 1024 - 2, 1],
      [128 * 1024 - 1, 2],
    ] as const) {
      const packet = new EncodedPacket(new Uint8Array(size).fill(9));
      const first = PacketList.of(A);
      first.append(packet);
      const shared = first.append(packet);
      expect(piecesOf(shared, 4)).toHaveLength(count);
      expect(Buffer.concat(piecesOf(shared, 4)).equals(shared.framesFor(4))).toBe(true);
    }
  });
});
