import { describe, expect, it } from 'vitest';
import { LiveClock, TapeClock } from '../page/media/clock.js';

/**
 * Feeds a clock with frames each 33 ms that need `wayOf` milliseconds to arrive. Returns how long after its capture the
 * last one is due.
 */
function delayAfter(frames: number, wayOf: (index: number) => number, clock = new LiveClock()): number {
  let due = 0;
  for (let index = 0; index < frames; index++) {
    const captured = index * 33;
    clock.ready(captured, captured + wayOf(index));
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
    for (let index = 0; index < 30; index++) clock.ready(index * 33, 1_000);
    const captured = 30 * 33;
    clock.ready(captured, captured + 43);
    for (let index = 31; index < 100; index++) clock.ready(index * 33, index * 33 + 43);
    expect(clock.dueAt(0)).toBeLessThan(43 + 60);
  });

  it('never runs backwards once it has started', () => {
    const clock = new LiveClock();
    let before = Number.NEGATIVE_INFINITY;
    for (let index = 0; index < 500; index++) {
      const captured = index * 33;
      clock.ready(captured, captured + 50 + ((index * 7919) % 90));
      const due = clock.dueAt(captured);
      if (captured > 2_000) expect(due).toBeGreaterThan(before);
      before = due;
    }
  });

  it('does not run backwards after frames that came more than a second late', () => {
    const clock = new LiveClock();
    delayAfter(150, () => 50, clock);
    let before = Number.NEGATIVE_INFINITY;
    for (let index = 150; index < 240; index++) {
      const at = index * 33 + (index < 200 ? 1_200 : 400);
      if (index >= 200 && at < 199 * 33 + 1_200) continue;
      clock.ready(index * 33, at);
      // The capture time of what is shown at this moment.
      const shown = at - clock.dueAt(0);
      expect(shown).toBeGreaterThan(before);
      before = shown;
    }
  });

  it('follows a line that became slower for good', () => {
    const clock = new LiveClock();
    delayAfter(300, () => 50, clock);
    for (let index = 300; index < 900; index++) clock.ready(index * 33, index * 33 + 350);
    expect(clock.dueAt(0)).toBeGreaterThanOrEqual(350);
  });
});

describe('the live clock with sound', () => {
  /** Feeds pictures and sound from a time on. Returns how long after its capture a frame is due at the end. */
  const feed = (clock: LiveClock, from: number, until: number, pictureMs: number, soundMs?: number): number => {
    for (let captured = from; captured < until; captured += 40) {
      clock.ready(captured, captured + pictureMs, 'video');
      if (soundMs !== undefined) clock.ready(captured, captured + soundMs, 'audio');
    }
    return clock.dueAt(0);
  };

  it('waits for the slower of both', () => {
    expect(feed(new LiveClock(), 0, 4_000, 60, 140)).toBeGreaterThanOrEqual(140);
    expect(feed(new LiveClock(), 0, 4_000, 140, 60)).toBeGreaterThanOrEqual(140);
  });

  it('comes back to the time of the pictures after the sound was turned off', () => {
    const clock = new LiveClock();
    feed(clock, 0, 4_000, 60, 200);
    expect(feed(clock, 4_000, 12_000, 60)).toBeLessThan(90);
  });

  it('comes back after a busy moment', () => {
    const clock = new LiveClock();
    feed(clock, 0, 4_000, 60, 70);
    expect(feed(clock, 4_000, 5_000, 300, 310)).toBeGreaterThan(250);
    expect(feed(clock, 5_000, 25_000, 60, 70)).toBeLessThan(110);
  });

  it('is live again five seconds after a moment in which everything was late', () => {
    const clock = new LiveClock();
    feed(clock, 0, 4_000, 60, 70);
    expect(feed(clock, 4_000, 5_000, 860, 870)).toBeGreaterThan(800);
    expect(feed(clock, 5_000, 10_000, 60, 70)).toBeLessThan(300);
  });

  it('does not wait for a line that stood still for seconds', () => {
    const clock = new LiveClock();
    feed(clock, 0, 4_000, 60, 70);
    // Three seconds of frames arrive together.
    for (let captured = 4_000; captured < 7_000; captured += 40) clock.ready(captured, 7_060, 'video');
    feed(clock, 7_000, 7_200, 60, 70);
    expect(clock.dueAt(0)).toBeLessThan(1_100);
    expect(feed(clock, 7_200, 60_000, 60, 70)).toBeLessThan(110);
  });
});

describe('the clock of a tape', () => {
  it('runs evenly from its first frame on', () => {
    const clock = new TapeClock();
    clock.ready(5_000, 90_000);
    clock.ready(6_000, 90_001);
    expect(clock.dueAt(6_000) - clock.dueAt(5_000)).toBe(1_000);
    expect(clock.dueAt(5_000)).toBeGreaterThan(90_000);
  });
});
