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
    expect([...partial.takeBody()]).toEqual([1]);
    const more = Buffer.alloc(100_000, 2);
    partial.takePayload(more, 0, RULES);
    expect(held()).toBeLessThanOrEqual(4 * 100_001);
    for (let rest = partial.remaining; rest > 0; rest = partial.remaining) partial.takePayload(more, 0, RULES);
    expect([partial.takeBody().byteLength, partial.takeBody().buffer.byteLength]).toEqual([1_000_000, 1_000_000]);
  });

  it('returns a body that does not retain much more memory than it has', () => {
    const partial = new PartialMessage();
    const chunk = Buffer.from([0x02, 3, 1, 2, 3]);
    partial.takePayload(chunk, partial.takeHeader(chunk, 0, RULES), RULES);
    partial.endFrame();
    const body = partial.takeBody();
    expect([...body]).toEqual([1, 2, 3]);
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
    expect(Buffer.from(partial.takeBody()).toString()).toBe('ab');
  });

  it('allows a compressed message to be a little larger than the limit', () => {
    expect(compressedBytesMax(RULES)).toBeGreaterThan(1_000_000);
    expect(compressedBytesMax(RULES)).toBeLessThan(1_010_000);
  });
});
