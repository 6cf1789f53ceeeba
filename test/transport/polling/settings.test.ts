import { describe, expect, it } from 'vitest';
import { nodeInternalsFor } from '../../../src/node-internals/choose.js';
import { FakeClock } from '../../../src/testing/fake-clock.js';
import { createPollingSettings, Wait, waitsOf } from '../../../src/transport/polling/settings.js';

describe('polling settings', () => {
  it('keep the options and give each kind of wait its time', async () => {
    const clock = new FakeClock();
    const options = {
      bodyBytesMax: 1,
      packetsMax: 2,
      bodyTimeoutMs: 100,
      closeTimeoutMs: 300,
      compressionThreshold: 4,
      clock,
      addHeaders: () => undefined,
      nodeInternals: nodeInternalsFor(true),
    };
    const settings = createPollingSettings(options);
    expect(settings).toMatchObject(options);
    expect(Object.isFrozen(settings)).toBe(true);
    const expired: string[] = [];
    settings.closeDeadlines.add(new Wait(() => expired.push('close')));
    settings.bodyDeadlines.add(new Wait(() => expired.push('body')));
    await clock.advance(100);
    expect(expired).toEqual(['body']);
    await clock.advance(200);
    expect(expired).toEqual(['body', 'close']);
    expect(clock.timerCount).toBe(0);
  });
});

describe('a wait', () => {
  it('calls back once when its time is over, unless it is taken out before', async () => {
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
