import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { BLOCK_BYTES, isLent, type MaskMemory, maskMemory } from '../../../src/protocol/websocket/mask-memory.js';

const memory = maskMemory() as MaskMemory;
// The bytes 0x80, 0xfe, 0x01 and 0x7f, lowest first.
const WORD = 0x7f01fe80;
const KEY = [0x80, 0xfe, 0x01, 0x7f];

describe('maskMemory', () => {
  it('masks whole blocks and nothing beside them', () => {
    const { reads } = memory;
    for (const [at, size] of [
      [0, BLOCK_BYTES],
      [3, 5 * BLOCK_BYTES],
      [reads.length - 64 * BLOCK_BYTES, 64 * BLOCK_BYTES],
    ] as const) {
      const before = Uint8Array.from(reads, (_, index) => index * 7);
      reads.set(before);
      memory.unmask(at, at + size, WORD);
      const expected = before.map((byte, index) =>
        index < at || index >= at + size ? byte : byte ^ (KEY[(index - at) % 4] ?? 0),
      );
      expect(Buffer.compare(reads, expected)).toBe(0);
    }
  });

  it('reports a byte outside ASCII at every place', () => {
    const { reads } = memory;
    for (let at = 0; at < 3 * BLOCK_BYTES; at += 1) {
      reads.fill(0x41, 0, 3 * BLOCK_BYTES);
      expect(memory.unmask(0, 3 * BLOCK_BYTES, 0)).toBe(0);
      reads[at] = 0x80;
      expect(memory.unmask(0, 3 * BLOCK_BYTES, 0)).not.toBe(0);
    }
  });

  it('knows which bytes are in it', () => {
    expect([isLent(memory.reads), isLent(memory.reads.subarray(5)), isLent(memory.scratch)]).toEqual([
      true,
      true,
      true,
    ]);
    expect([isLent(Buffer.alloc(5)), isLent(memory.reads.slice(0, 5))]).toEqual([false, false]);
    expect(maskMemory()).toBe(memory);
  });

  it('is missing, and nothing is lent, in a runtime without WebAssembly', async () => {
    vi.stubGlobal('WebAssembly', undefined);
    vi.resetModules();
    onTestFinished(() => void vi.unstubAllGlobals());
    const fresh = await import('../../../src/protocol/websocket/mask-memory.js');
    expect([fresh.maskMemory(), fresh.isLent(memory.reads)]).toEqual([undefined, false]);
    const { unmask } = await import('../../../src/protocol/websocket/mask.js');
    const bytes = new Uint8Array(5_000).fill(0x41);
    expect([unmask(bytes, 0, 5_000, 0), unmask(bytes, 0, 5_000, 0x80fe017f | 0)]).toEqual([true, false]);
    expect([...bytes.subarray(4, 8)]).toEqual(KEY.map((byte) => byte ^ 0x41));
  });
});
