import { describe, expect, it } from 'vitest';
import { Collector } from '../../src/protocol/collector.js';

describe('Collector', () => {
  it('returns its input, however it was cut', () => {
    const bytes = Uint8Array.from({ length: 5_000 }, (_, index) => index % 251);
    for (const step of [1, 7, 255, 256, 257, 4_999]) {
      const collector = new Collector();
      for (let at = 0; at < bytes.length; at += step) collector.append(bytes, at, Math.min(at + step, bytes.length));
      expect(collector.size).toBe(bytes.length);
      expect(Buffer.compare(collector.take(), bytes)).toBe(0);
    }
  });

  it('keeps a copy and not the chunk', () => {
    const collector = new Collector();
    const chunk = Uint8Array.of(1, 2, 3);
    collector.append(chunk, 1, 3);
    chunk.fill(9);
    expect([...collector.take()]).toEqual([2, 3]);
  });
});
