import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { EncodedPacket } from '../../src/transport/encoded-packet.js';
import { PacketRun } from '../../src/transport/packet-run.js';

const PACKETS = [new EncodedPacket('4a'), new EncodedPacket(Uint8Array.of(7)), new EncodedPacket('4ccc')];

describe('PacketRun', () => {
  it('has its packets in order, and the sum of their sizes', () => {
    const run = new PacketRun(PACKETS);
    expect([...run]).toEqual(PACKETS);
    expect([run.length, run.size]).toEqual([3, 7]);
    expect([...new PacketRun(PACKETS.slice(0, 1))]).toEqual(PACKETS.slice(0, 1));
    expect(new PacketRun([]).size).toBe(0);
  });

  it('joins the frames of its packets once', () => {
    const run = new PacketRun(PACKETS);
    for (const protocol of [3, 4] as const)
      expect(run.framesFor(protocol)).toEqual(Buffer.concat(PACKETS.map((packet) => packet.frameFor(protocol))));
    expect(run.framesFor(4)).toBe(run.framesFor(4));
  });

  it('gives an array, and not a run, when it is mapped', () => {
    const sizes = new PacketRun(PACKETS).map(({ size }) => size);
    expect([sizes, sizes instanceof PacketRun]).toEqual([[2, 1, 4], false]);
  });
});
