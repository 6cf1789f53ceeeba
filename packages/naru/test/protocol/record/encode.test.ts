import { createPacketDecoderStream, createPacketEncoderStream } from 'engine.io-parser';
import { describe, expect, it } from 'vitest';
import { encodeRecord } from '../../../src/protocol/record/encode.js';

const plain = (bytes: Uint8Array) => [...bytes];

describe('encodeRecord', () => {
  it('writes text as UTF-8 and bytes unchanged, after a header', () => {
    expect(plain(encodeRecord('4é'))).toEqual([3, 0x34, 0xc3, 0xa9]);
    expect(plain(encodeRecord(Uint8Array.of(9, 8)))).toEqual([0x82, 9, 8]);
    expect(plain(encodeRecord(''))).toEqual([0]);
    expect(plain(encodeRecord(new Uint8Array(0)))).toEqual([0x80]);
    expect(plain(encodeRecord(`4${'x'.repeat(125)}`).subarray(0, 4))).toEqual([126, 0, 126, 0x34]);
  });

  it('writes a lone surrogate as U+FFFD', () => {
    expect(plain(encodeRecord('\ud800'))).toEqual([3, 0xef, 0xbf, 0xbd]);
  });

  it('writes the same as the stock encoder, and the stock decoder reads it', async () => {
    const packets = [
      { type: 'message' as const, data: 'hello 안녕' },
      { type: 'message' as const, data: new Uint8Array([0, 255, 7]).buffer },
      { type: 'ping' as const },
      { type: 'message' as const, data: 'x'.repeat(70_000) },
    ];
    const ours = [encodeRecord('4hello 안녕'), encodeRecord(Uint8Array.of(0, 255, 7)), encodeRecord('2')];
    ours.push(encodeRecord(`4${'x'.repeat(70_000)}`));

    const encoder = createPacketEncoderStream();
    const writer = encoder.writable.getWriter();
    const reader = encoder.readable.getReader();
    for (const [index, packet] of packets.entries()) {
      void writer.write(packet);
      const parts = [await reader.read(), await reader.read()].map((part) => Buffer.from(part.value as Uint8Array));
      expect(Buffer.concat(parts).equals(ours[index] as Uint8Array)).toBe(true);
    }

    const decoder = createPacketDecoderStream(1_000_000, 'arraybuffer');
    const feed = decoder.writable.getWriter();
    const read = decoder.readable.getReader();
    void feed.write(Buffer.concat(ours));
    for (const packet of packets) expect((await read.read()).value).toMatchObject(packet);
  });
});
