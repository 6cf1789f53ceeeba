import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { EncodedPacket } from '../../src/transport/encoded-packet.js';
import { PacketList } from '../../src/transport/packet-list.js';
import { PacketRun } from '../../src/transport/packet-run.js';
import { piecesOf } from '../../src/transport/websocket/pieces.js';

const [A, B, C] = [new EncodedPacket('4a'), new EncodedPacket(Uint8Array.of(7)), new EncodedPacket('4c')];

describe('PacketList', () => {
  it('keeps its packets in order, and counts them and their bytes', () => {
    const list = PacketList.of(A).append(B).append(C);
    expect(list.packets()).toEqual([A, B, C]);
    expect(list.count).toBe(3);
    expect(list.size).toBe(5);
    expect(PacketList.of(A).packets()).toEqual([A]);
  });

  it('is the same list for the same packets, and another for others', () => {
    const start = PacketList.of(A);
    const one = start.append(B);
    expect(start.append(B)).toBe(one);
    expect(start.append(C)).not.toBe(one);
    expect(one.packets()).toEqual([A, B]);
    expect(start.packets()).toEqual([A]);
  });

  it('knows whether more than one session has it', () => {
    const first = PacketList.of(A);
    expect(first.isShared).toBe(false);
    const second = first.append(B);
    expect(second.isShared).toBe(false);
    first.append(B);
    expect([first.isShared, second.isShared]).toEqual([false, true]);
  });

  it('joins its frames once for each protocol', () => {
    const list = PacketList.of(A).append(B);
    expect(list.framesFor(4)).toEqual(Buffer.from([0x81, 2, 0x34, 0x61, 0x82, 1, 7]));
    expect(list.framesFor(3)).toEqual(Buffer.from([0x81, 2, 0x34, 0x61, 0x82, 2, 4, 7]));
    expect(list.framesFor(4)).toBe(list.framesFor(4));
    expect(list.framesFor(3)).toBe(list.framesFor(3));
    expect(PacketList.of(A).framesFor(4)).toBe(A.frameFor(4));
  });

  it('joins the short frames of texts that nobody has got yet', () => {
    const texts = ['4a', '4b', '4c'].map((text) => new EncodedPacket(text));
    const [a, b, c] = texts as [EncodedPacket, EncodedPacket, EncodedPacket];
    expect(PacketList.of(a).append(b).append(c).shortFrames()).toBe('\x81\x024a\x81\x024b\x81\x024c');
    expect(PacketList.of(a).append(new EncodedPacket('4d')).shortFrames()).toBeUndefined();
    expect(PacketList.of(new EncodedPacket('4d')).append(B).shortFrames()).toBeUndefined();
    expect(PacketList.ofRun(undefined, new PacketRun([new EncodedPacket('4d')])).shortFrames()).toBeUndefined();
    const first = PacketList.of(new EncodedPacket('4d'));
    const own = new EncodedPacket('4e');
    first.isShared = true;
    expect(first.append(own).shortFrames()).toBeUndefined();
    // Its string is still to be made.
    expect(own.shortFrame()).toBe('\x81\x024e');
  });

  it('is the same on every wire, whether packets were appended together or one by one', () => {
    const large = new EncodedPacket(new Uint8Array(20_000));
    const together = [
      PacketList.ofRun(undefined, new PacketRun([A, B])).append(C),
      PacketList.ofRun(PacketList.of(A), new PacketRun([B, C])),
      PacketList.ofRun(PacketList.ofRun(undefined, new PacketRun([A])), new PacketRun([B])).append(C),
      PacketList.ofRun(undefined, new PacketRun([A, B, C])),
      PacketList.ofRun(PacketList.of(A), new PacketRun([B, large])).append(C),
    ];
    for (const list of together) {
      const [first, ...others] = list.packets();
      const apart = others.reduce((before, packet) => before.append(packet), PacketList.of(first as EncodedPacket));
      expect([list.count, list.size, list.cost]).toEqual([apart.count, apart.size, apart.cost]);
      expect(list.packets().filter((packet) => packet !== large)).toEqual([A, B, C]);
      for (const protocol of [3, 4] as const) {
        expect(list.framesFor(protocol)).toEqual(apart.framesFor(protocol));
        expect(piecesOf(list, protocol)).toEqual(piecesOf(apart, protocol));
      }
      expect(list.records()).toEqual(apart.records());
    }
  });

  it('takes the joined bytes of a run that nothing precedes', () => {
    const run = new PacketRun([A, B]);
    expect(PacketList.ofRun(undefined, run).framesFor(4)).toBe(run.framesFor(4));
  });

  it('joins its records once', () => {
    const list = PacketList.of(A).append(B);
    expect(list.records()).toEqual(Buffer.from([2, 0x34, 0x61, 0x81, 7]));
    expect(list.records()).toBe(list.records());
    expect(PacketList.of(A).records()).toBe(A.record());
  });

  it('joins its bare units once', () => {
    const list = PacketList.of(A).append(B);
    expect(list.bytes()).toEqual(Buffer.from([0x34, 0x61, 7]));
    expect(list.bytes()).toBe(list.bytes());
    expect(PacketList.of(A).bytes()).toBe(A.bytes());
  });
});
