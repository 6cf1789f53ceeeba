import { describe, expect, it } from 'vitest';
import { Timeline } from '../../page/motion/timeline.js';

const TICK_MS = 100 / 3;

/** A repeatable chance from 0 to 1. */
function chances(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** A line: how long the snapshot of a tick is under way, or undefined when it is lost. */
type Way = (tick: number) => number | undefined;

/** Plays ticks over a line, with a frame each 16 ms. Returns what each frame showed, after the first seconds. */
function play(ticks: number, way: Way, timeline = new Timeline(TICK_MS)) {
  const arrivals: { tick: number; at: number }[] = [];
  for (let tick = 0; tick < ticks; tick++) {
    const ms = way(tick);
    if (ms !== undefined) arrivals.push({ tick, at: tick * TICK_MS + ms });
  }
  arrivals.sort((one, other) => one.at - other.at);
  const frames: { at: number; shown: number; isCovered: boolean }[] = [];
  for (let at = 0; at < ticks * TICK_MS; at += 16) {
    while ((arrivals[0]?.at ?? Number.POSITIVE_INFINITY) <= at) {
      const { tick, at: arrived } = arrivals.shift() ?? { tick: 0, at: 0 };
      timeline.receive(tick, arrived);
    }
    const shown = timeline.advance(at);
    if (at > 6_000) frames.push({ at, shown, isCovered: shown <= timeline.newest });
  }
  return { frames, delay: timeline.delayTicks };
}

const uncovered = (frames: readonly { isCovered: boolean }[]): number =>
  frames.filter(({ isCovered }) => !isCovered).length / frames.length;

describe('the timeline', () => {
  it('stays one and a half ticks behind a steady line', () => {
    const { frames, delay } = play(600, () => 40);
    expect(delay).toBeLessThan(2);
    expect(uncovered(frames)).toBe(0);
  });

  it('waits longer on an uneven line, and not longer than six ticks', () => {
    const chance = chances(1);
    const uneven = play(600, () => 40 + chance() * 60);
    expect(uneven.delay).toBeGreaterThan(2.5);
    expect(uneven.delay).toBeLessThan(4);
    expect(uncovered(uneven.frames)).toBeLessThan(0.03);
    expect(play(600, () => 40 + chance() * 900).delay).toBe(6);
  });

  it('waits for one tick more on a line that loses snapshots', () => {
    const chance = chances(2);
    const { frames, delay } = play(900, () => (chance() < 0.1 ? undefined : 40));
    expect(delay).toBeGreaterThanOrEqual(2.2);
    expect(uncovered(frames)).toBeLessThan(0.04);
  });

  it('never shows an earlier moment than before', () => {
    const chance = chances(3);
    const { frames } = play(900, () => (chance() < 0.05 ? undefined : 30 + chance() * 80));
    for (const [index, { shown }] of frames.entries()) {
      if (index > 0) expect(shown).toBeGreaterThan(frames[index - 1]?.shown ?? 0);
    }
  });

  it('comes back to a short delay when the line is steady again', () => {
    const chance = chances(4);
    const { delay } = play(1_500, (tick) => (tick < 300 ? 40 + chance() * 150 : 40));
    expect(delay).toBeLessThan(2.2);
  });

  it('follows a line that became slower for good', () => {
    const { frames } = play(1_500, (tick) => (tick < 300 ? 40 : 240));
    const last = frames.at(-1);
    const age = (last?.at ?? 0) / TICK_MS - (last?.shown ?? 0);
    expect(age).toBeGreaterThan(240 / TICK_MS);
    expect(age).toBeLessThan(240 / TICK_MS + 4);
  });

  it('begins anew after a reset', () => {
    const timeline = new Timeline(TICK_MS);
    play(300, () => 40, timeline);
    timeline.reset();
    timeline.receive(5, 100_000);
    expect(timeline.newest).toBe(5);
    expect(timeline.advance(100_000)).toBeCloseTo(5 - timeline.delayTicks, 5);
  });
});
