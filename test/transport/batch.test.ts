import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { Batch } from '../../src/transport/batch.js';
import { EncodedPacket } from '../../src/transport/encoded-packet.js';
import { PacketRun } from '../../src/transport/packet-run.js';
import { piecesOf } from '../../src/transport/websocket/pieces.js';

const [A, B, C] = [new EncodedPacket('4a'), new EncodedPacket(Uint8Array.of(7)), new EncodedPacket('4c')];

describe('Batch', () => {
  it('keeps its packets in order, and counts them and their bytes', () => {
    const batch = Batch.of(A).append(B).append(C);
    expect(batch.packets()).toEqual([A, B, C]);
    expect(batch.count).toBe(3);
    expect(batch.size).toBe(5);
    expect(Batch.of(A).packets()).toEqual([A]);
  });

  it('is the same batch for the same packets, and another for others', () => {
    const start = Batch.of(A);
    const one = start.append(B);
    expect(start.append(B)).toBe(one);
    expect(start.append(C)).not.toBe(one);
    expect(one.packets()).toEqual([A, B]);
    expect(start.packets()).toEqual([A]);
  });

  it('knows whether more than one session has it', () => {
    const first = Batch.of(A);
    expect(first.isShared).toBe(false);
    const second = first.append(B);
    expect(second.isShared).toBe(false);
    first.append(B);
    expect([first.isShared, second.isShared]).toEqual([false, true]);
  });

  it('joins its frames once for each protocol', () => {
    const batch = Batch.of(A).append(B);
    expect(batch.framesFor(4)).toEqual(Buffer.from([0x81, 2, 0x34, 0x61, 0x82, 1, 7]));
    expect(batch.framesFor(3)).toEqual(Buffer.from([0x81, 2, 0x34, 0x61, 0x82, 2, 4, 7]));
    expect(batch.framesFor(4)).toBe(batch.framesFor(4));
    expect(batch.framesFor(3)).toBe(batch.framesFor(3));
    expect(Batch.of(A).framesFor(4)).toBe(A.frameFor(4));
  });

  it('is the same on every wire, whether packets were appended together or one by one', () => {
    const large = new EncodedPacket(new Uint8Array(20_000));
    const together = [
      Batch.ofRun(undefined, new PacketRun([A, B])).append(C),
      Batch.ofRun(Batch.of(A), new PacketRun([B, C])),
      Batch.ofRun(Batch.ofRun(undefined, new PacketRun([A])), new PacketRun([B])).append(C),
      Batch.ofRun(undefined, new PacketRun([A, B, C])),
      Batch.ofRun(Batch.of(A), new PacketRun([B, large])).append(C),
    ];
    for (const batch of together) {
      const [first, ...others] = batch.packets();
      const apart = others.reduce((before, packet) => before.append(packet), Batch.of(first as EncodedPacket));
      expect([batch.count, batch.size, batch.cost]).toEqual([apart.count, apart.size, apart.cost]);
      expect(batch.packets().filter((packet) => packet !== large)).toEqual([A, B, C]);
      for (const protocol of [3, 4] as const) {
        expect(batch.framesFor(protocol)).toEqual(apart.framesFor(protocol));
        expect(piecesOf(batch, protocol)).toEqual(piecesOf(apart, protocol));
      }
      expect(batch.records()).toEqual(apart.records());
    }
  });

  it('takes the joined bytes of a run that nothing precedes', () => {
    const run = new PacketRun([A, B]);
    expect(Batch.ofRun(undefined, run).framesFor(4)).toBe(run.framesFor(4));
  });

  it('joins its records once', () => {
    const batch = Batch.of(A).append(B);
    expect(batch.records()).toEqual(Buffer.from([2, 0x34, 0x61, 0x81, 7]));
    expect(batch.records()).toBe(batch.records());
    expect(Batch.of(A).records()).toBe(A.record());
  });

  it('joins its bare units once', () => {
    const batch = Batch.of(A).append(B);
    expect(batch.bytes()).toEqual(Buffer.from([0x34, 0x61, 7]));
    expect(batch.bytes()).toBe(batch.bytes());
    expect(Batch.of(A).bytes()).toBe(A.bytes());
  });
});
