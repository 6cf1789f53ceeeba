import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../src/testing/fake-clock.js';
import { Wait, waitsOf } from '../../../src/transport/polling/settings.js';

describe('a wait', () => {
  it('calls back once at the end of its time, unless it is removed before', async () => {
    const clock = new FakeClock();
    const queue = waitsOf(clock, 10);
    let count = 0;
    const [kept, removed] = [new Wait(() => (count += 1)), new Wait(() => (count += 100))];
    queue.add(kept);
    queue.add(removed);
    queue.remove(removed);
    await clock.advance(50);
    expect(count).toBe(1);
    expect(kept.deadlineQueue).toBeUndefined();
  });
});
