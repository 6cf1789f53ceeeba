import { describe, expect, it } from 'vitest';
import { Deadlines } from '../../../src/base/deadlines.js';
import { FakeClock } from '../../../src/testing/fake-clock.js';
import { Wait } from '../../../src/transport/polling/wait.js';

describe('a wait', () => {
  it('calls back once when its time is over, unless it is taken out before', async () => {
    const clock = new FakeClock();
    const queue = new Deadlines<Wait>(clock, 10, (wait) => wait.onExpired());
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
