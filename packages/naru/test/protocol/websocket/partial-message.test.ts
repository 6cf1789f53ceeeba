import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { DecoderRules } from '../../../src/protocol/websocket/header.js';
import { compressedBytesMax, PartialMessage } from '../../../src/protocol/websocket/partial-message.js';

const RULES: DecoderRules = {
  isMasked: false,
  allowCompressed: true,
  messageBytesMax: 1_000_000,
  fragmentsMax: 10,
  isUtf8: undefined,
};

describe('PartialMessage', () => {
  it('holds at most four times the received data, however much was announced', () => {
    const partial = new PartialMessage();
    const allocated = vi.spyOn(Buffer, 'allocUnsafeSlow');
    onTestFinished(() => allocated.mockRestore());
    const held = () => allocated.mock.lastCall?.[0];
    const chunk = Buffer.from([0x82, 0x7f, 0, 0, 0, 0, 0, 0x0f, 0x42, 0x40, 1]);
    const at = partial.takeHeader(chunk, 0, RULES);
    expect([at, partial.isInFrame, partial.remaining]).toEqual([10, true, 1_000_000]);
    partial.takePayload(chunk, at, RULES);
    expect(held()).toBeLessThanOrEqual(4096);
    const more = Buffer.alloc(100_000, 2);
    partial.takePayload(more, 0, RULES);
    expect(held()).toBeLessThanOrEqual(4 * 100_001);
    for (let rest = partial.remaining; rest > 0; rest = partial.remaining) partial.takePayload(more, 0, RULES);
    const bytes = partial.takeBytes();
    expect([bytes.byteLength, bytes.buffer.byteLength, bytes[0], bytes[1]]).toEqual([1_000_000, 1_000_000, 1, 2]);
  });

  it('returns a body that does not retain much more memory than it has', () => {
    const partial = new PartialMessage();
    const chunk = Buffer.from([0x02, 3, 1, 2, 3]);
    partial.takePayload(chunk, partial.takeHeader(chunk, 0, RULES), RULES);
    partial.endFrame();
    const body = partial.takeBytes();
    expect([...body]).toEqual([1, 2, 3]);
    expect(body.buffer.byteLength).toBeLessThanOrEqual(Buffer.poolSize);
  });

  it('gives the memory of a text to the next one, and never the memory of bytes', () => {
    const read = (opcode: number, fill: number): PartialMessage => {
      const partial = new PartialMessage();
      const chunk = Buffer.alloc(100_010, fill);
      chunk.set([0x80 | opcode, 0x7f, 0, 0, 0, 0, 0, 1, 0x86, 0xa0]);
      const at = partial.takeHeader(chunk, 0, RULES);
      const pieces = [chunk.subarray(0, 60_000), chunk.subarray(60_000)];
      partial.takePayload(pieces[0] as Buffer, at, RULES);
      partial.takePayload(pieces[1] as Buffer, 0, RULES);
      partial.endFrame();
      return partial;
    };
    const bytes = read(2, 7).takeBytes();
    expect(read(1, 0x61).takeText()).toBe('a'.repeat(100_000));
    const allocated = vi.spyOn(Buffer, 'allocUnsafeSlow');
    onTestFinished(() => allocated.mockRestore());
    expect(read(1, 0x62).takeText()).toBe('b'.repeat(100_000));
    expect(allocated).not.toHaveBeenCalled();
    const later = read(2, 8).takeBytes();
    expect(allocated).toHaveBeenCalledTimes(1);
    expect([bytes.every((byte) => byte === 7), later.every((byte) => byte === 8)]).toEqual([true, true]);
  });

  it('keeps control frames apart from the message around them', () => {
    const partial = new PartialMessage();
    const chunk = Buffer.from([0x01, 1, 0x61, 0x89, 1, 0x70, 0x80, 1, 0x62]);
    let at = partial.takePayload(chunk, partial.takeHeader(chunk, 0, RULES), RULES);
    expect([partial.takeControl(), partial.endFrame()]).toEqual([undefined, false]);
    at = partial.takePayload(chunk, partial.takeHeader(chunk, at, RULES), RULES);
    expect([...(partial.takeControl() ?? [])]).toEqual([0x70]);
    partial.takePayload(chunk, partial.takeHeader(chunk, at, RULES), RULES);
    expect([partial.takeControl(), partial.endFrame(), partial.opcode]).toEqual([undefined, true, 1]);
    expect(partial.takeText()).toBe('ab');
  });

  it('allows a compressed message to be a little larger than the limit', () => {
    expect(compressedBytesMax(RULES)).toBeGreaterThan(1_000_000);
    expect(compressedBytesMax(RULES)).toBeLessThan(1_010_000);
  });
});
