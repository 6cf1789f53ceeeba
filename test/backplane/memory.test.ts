import { describe, expect, it } from 'vitest';
import { MemoryStore, memoryBackplane } from '../../src/backplane/memory.js';
import { backplaneContract } from '../../src/testing/backplane-contract.js';
import { FakeClock } from '../../src/testing/index.js';

describe('the backplane in memory', () => {
  const cases = backplaneContract(async (retention) => {
    const clock = new FakeClock();
    const pass = (ms: number) => clock.advance(ms);
    return { backplane: memoryBackplane(clock, retention), pass, now: () => clock.now() };
  });
  it.each(cases)('$name', ({ run }) => run());

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
