import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { Batch, BatchRoot } from '../../src/transport/batch.js';
import { EncodedPacket } from '../../src/transport/encoded-packet.js';

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
    const root = new BatchRoot();
    const first = root.start(A);
    expect(first.isShared).toBe(false);
    const second = first.append(B);
    expect(second.isShared).toBe(false);
    first.append(B);
    root.start(A);
    expect([first.isShared, second.isShared]).toEqual([true, true]);
  });

  it('joins its frames once for each protocol', () => {
    const batch = Batch.of(A).append(B);
    expect(batch.framesFor(4)).toEqual(Buffer.from([0x81, 2, 0x34, 0x61, 0x82, 1, 7]));
    expect(batch.framesFor(3)).toEqual(Buffer.from([0x81, 2, 0x34, 0x61, 0x82, 2, 4, 7]));
    expect(batch.framesFor(4)).toBe(batch.framesFor(4));
    expect(batch.framesFor(3)).toBe(batch.framesFor(3));
    expect(Batch.of(A).framesFor(4)).toBe(A.frameFor(4));
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

describe('BatchRoot', () => {
  it('gives one batch for a packet until it is reset', () => {
    const root = new BatchRoot();
    const first = root.start(A);
    expect(root.start(A)).toBe(first);
    expect(root.start(B)).not.toBe(first);
    const second = root.start(A);
    root.reset();
    expect(root.start(A)).not.toBe(second);
  });
});
