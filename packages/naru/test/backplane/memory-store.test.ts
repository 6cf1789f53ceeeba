import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../testing/src/index.js';
import { MemoryStore } from '../../src/backplane/memory-store.js';

describe('the store in memory', () => {
  it('drops texts that nobody asks for again', async () => {
    const clock = new FakeClock();
    const store = new MemoryStore(clock);
    for (let n = 0; n < 5_000; n += 1) {
      store.set(`${n}`, 'x', 10);
      await clock.advance(1);
    }
    expect(store.count).toBeLessThan(1_100);
  });
});
