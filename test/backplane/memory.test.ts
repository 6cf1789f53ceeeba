import { describe, expect, it } from 'vitest';
import { encodeOffset, type MaybePromise, ZERO_OFFSET } from '../../src/backplane/backplane.js';
import { MemoryStore, memoryBackplane } from '../../src/backplane/memory.js';
import { systemClock } from '../../src/base/clock.js';
import { backplaneContract } from '../../src/testing/backplane-contract.js';
import { FakeClock } from '../../src/testing/index.js';

describe('the backplane in memory', () => {
  const cases = backplaneContract(async (retention) => {
    const clock = new FakeClock();
    const pass = (ms: number) => clock.advance(ms);
    return { backplane: memoryBackplane(clock, retention), pass, now: () => clock.now() };
  });
  it.each(cases)('$name', ({ run }) => run());

  it('begins behind all offsets of the process before it, which it knows to be gone', () => {
    const now = Date.now();
    const { log } = memoryBackplane(systemClock, { ageMs: 60_000, bytes: 1_000_000 });
    const record = { rooms: [], except: [], event: '["n"]', attachments: [], at: now };
    const before = encodeOffset((now - 1) * 1_000 + 999);
    const { newest } = at(log.extent('/'));
    expect(newest > before).toBe(true);
    // Of a namespace in which nothing was said yet, and of one in which something was.
    for (const count of [0, 1]) {
      if (count > 0) void log.append('/', [record]);
      const stands = count === 0 ? [] : [expect.objectContaining({ event: '["n"]' })];
      expect(log.read('/', before, 10)).toEqual({ records: stands, hasGap: true });
      for (const beginning of [ZERO_OFFSET, newest])
        expect(log.read('/', beginning, 10)).toEqual({ records: stands, hasGap: false });
      expect(log.readBack('/', undefined, 10)).toEqual({ records: stands, hasGap: false });
    }
    expect(log.readBack('/', before, 10)).toEqual({ records: [], hasGap: true });
  });

  it('lets go of texts that nobody asks for again', async () => {
    const clock = new FakeClock();
    const store = new MemoryStore(clock);
    for (let n = 0; n < 5_000; n += 1) {
      store.set(`${n}`, 'x', 10);
      await clock.advance(1);
    }
    expect(store.count).toBeLessThan(1_100);
  });
});

/** What memory answers at once. */
function at<T>(value: MaybePromise<T>): T {
  if (value instanceof Promise) throw new TypeError('it takes its time');
  return value;
}
