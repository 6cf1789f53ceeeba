import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../testing/src/fake-clock.js';
import { SeededRandom } from '../../../testing/src/seeded-random.js';
import { Capacity } from '../../src/limits/capacity.js';
import { readLimits, type ServerLimitSettings, type ServerLimits } from '../../src/limits/options.js';

function build(server: ServerLimits, perSecond = 100) {
  const clock = new FakeClock();
  const machine = { memory: 0 };
  const parts = { clock, random: new SeededRandom(3), perSecond, memory: () => machine.memory };
  return { clock, machine, capacity: new Capacity(parts, readLimits({ server }).server as ServerLimitSettings) };
}

describe('Capacity', () => {
  it('counts sessions, however many sockets they have', () => {
    const { capacity } = build({ sessionsMax: 2 });
    const [one, other, third] = [{}, {}, {}];
    for (const session of [one, one, other]) {
      expect(capacity.waitFor(session)).toBe(0);
      capacity.enter(session);
    }
    expect([capacity.waitFor(one), capacity.waitFor(third) > 0]).toEqual([0, true]);
    capacity.leave(one);
    expect(capacity.waitFor(third)).toBeGreaterThan(0);
    capacity.leave(one);
    expect([capacity.waitFor(third), capacity.count]).toEqual([0, 1]);
  });

  it('looks at the memory while there are sessions', async () => {
    const { clock, machine, capacity } = build({ memoryMax: 1_000 });
    const session = {};
    machine.memory = 2_000;
    expect(capacity.waitFor({})).toBe(0);
    capacity.enter(session);
    expect(capacity.waitFor({})).toBeGreaterThan(0);
    machine.memory = 1_000;
    await clock.advance(200);
    expect(capacity.waitFor({})).toBe(0);
    machine.memory = 2_000;
    await clock.advance(200);
    capacity.leave(session);
    expect(capacity.waitFor({})).toBe(0);
  });

  it('counts an event loop that is late for a while, and not one late turn', async () => {
    const { clock, capacity } = build({ delayMax: 50 });
    capacity.enter({});
    let lateMs = 0;
    const now = clock.now.bind(clock);
    clock.now = () => now() + lateMs;
    // A turn takes long: the clock has gone on when the timers fire.
    const late = async (ms: number): Promise<void> => {
      lateMs += ms;
      await clock.advance(100);
    };
    await late(200);
    expect(capacity.waitFor({})).toBe(0);
    for (let turn = 0; turn < 5; turn += 1) await late(200);
    expect(capacity.waitFor({})).toBeGreaterThan(0);
    await clock.advance(2_000);
    expect(capacity.waitFor({})).toBe(0);
  });

  it('asks newcomers to come back one after the other, and spreads those that it cannot line up', () => {
    const { capacity } = build({ sessionsMax: 1 }, 10);
    capacity.enter({});
    const waits = Array.from({ length: 400 }, () => capacity.waitFor({}));
    expect(waits.slice(0, 3)).toEqual([1_100, 1_200, 1_300]);
    const later = waits.slice(290);
    expect(Math.min(...later)).toBeGreaterThanOrEqual(15_000);
    expect(Math.max(...later)).toBeLessThanOrEqual(30_000);
    expect(new Set(later).size).toBeGreaterThan(100);
  });

  it('gives a session one place in the line, however often it asks', async () => {
    const { clock, capacity } = build({ sessionsMax: 1 }, 10);
    capacity.enter({});
    const session = {};
    const first = capacity.waitFor(session);
    await clock.advance(100);
    for (let at = 0; at < 1_000; at += 1) expect(capacity.waitFor(session)).toBe(first - 100);
    expect(capacity.waitFor({})).toBeLessThan(1_500);
  });
});
