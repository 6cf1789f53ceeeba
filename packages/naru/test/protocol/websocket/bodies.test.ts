import { describe, expect, it } from 'vitest';
import { giveBody, takeBody } from '../../../src/protocol/websocket/bodies.js';

const KIB = 1024;
const KEPT_MAX = 4096 * KIB;

/** Takes everything that is kept. */
function empty(): void {
  const seen = new Set<Uint8Array>();
  for (let size = 16 * KIB; size <= KEPT_MAX; size *= 2) {
    for (let body = takeBody(size); body.byteLength !== size || seen.has(body); body = takeBody(size)) seen.add(body);
  }
}

describe('bodies', () => {
  it('are used again for messages of at least half their size', () => {
    empty();
    const body = takeBody(100 * KIB);
    expect(body.byteLength).toBe(100 * KIB);
    giveBody(body);
    expect(takeBody(101 * KIB)).not.toBe(body);
    expect(takeBody(49 * KIB)).not.toBe(body);
    expect(takeBody(50 * KIB)).toBe(body);
    expect(takeBody(50 * KIB)).not.toBe(body);
  });

  it('are not kept if they are small or larger than all together may be', () => {
    empty();
    for (const size of [0, 16 * KIB - 1, KEPT_MAX + 1]) {
      const body = new Uint8Array(size);
      giveBody(body);
      expect(takeBody(size)).not.toBe(body);
    }
  });

  it('make room for the newest ones, at most 4 MiB together', () => {
    empty();
    const given: Uint8Array[] = Array.from({ length: 6 }, () => new Uint8Array(1024 * KIB));
    for (const body of given) giveBody(body);
    const taken = Array.from({ length: 6 }, () => takeBody(1024 * KIB));
    expect(taken.map((body) => given.indexOf(body))).toEqual([5, 4, 3, 2, -1, -1]);
  });
});
