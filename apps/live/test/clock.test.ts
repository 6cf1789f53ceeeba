import { describe, expect, it } from 'vitest';
import { LiveClock, TapeClock } from '../page/media/clock.js';

/** Feeds a clock with frames each 33 ms that need `wayOf` milliseconds to arrive. Returns how long after its capture the last one is due. */
function delayAfter(frames: number, wayOf: (index: number) => number, clock = new LiveClock()): number {
  let due = 0;
  for (let index = 0; index < frames; index++) {
    const captured = index * 33;
    clock.arrived(captured, captured + wayOf(index));
    due = clock.dueAt(captured) - captured;
  }
  return due;
}

describe('the live clock', () => {
  it('waits little on a steady line', () => {
    expect(delayAfter(200, () => 80)).toBeLessThanOrEqual(80 + 40);
  });

  it('waits for the slower frames of an uneven line', () => {
    const due = delayAfter(300, (index) => (index % 5 === 0 ? 200 : 80));
    expect(due).toBeGreaterThan(160);
    expect(due).toBeLessThan(280);
  });

  it('is not misled by the group that comes at once on entering', () => {
    const clock = new LiveClock();
    // 30 frames of the last second arrive together.
    for (let index = 0; index < 30; index++) clock.arrived(index * 33, 1_000);
    const captured = 30 * 33;
    clock.arrived(captured, captured + 43);
    for (let index = 31; index < 100; index++) clock.arrived(index * 33, index * 33 + 43);
    expect(clock.dueAt(0)).toBeLessThan(43 + 60);
  });

  it('never runs backwards once it has started', () => {
    const clock = new LiveClock();
    let before = Number.NEGATIVE_INFINITY;
    for (let index = 0; index < 500; index++) {
      const captured = index * 33;
      clock.arrived(captured, captured + 50 + ((index * 7919) % 90));
      const due = clock.dueAt(captured);
      if (captured > 2_000) expect(due).toBeGreaterThan(before);
      before = due;
    }
  });

  it('follows a line that became slower for good', () => {
    const clock = new LiveClock();
    delayAfter(300, () => 50, clock);
    for (let index = 300; index < 900; index++) clock.arrived(index * 33, index * 33 + 350);
    expect(clock.dueAt(0)).toBeGreaterThanOrEqual(350);
  });
});

describe('the clock of a tape', () => {
  it('runs evenly from its first frame on', () => {
    const clock = new TapeClock();
    clock.arrived(5_000, 90_000);
    clock.arrived(6_000, 90_001);
    expect(clock.dueAt(6_000) - clock.dueAt(5_000)).toBe(1_000);
    expect(clock.dueAt(5_000)).toBeGreaterThan(90_000);
  });
});
