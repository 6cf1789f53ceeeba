import { describe, expect, it } from 'vitest';
import { Pace } from '../server/pace.js';
import { CONDUCT } from '../shared/limits.js';

const RATES = {
  say: { burst: 6, perSecond: 0.8, isWarned: true },
  act: { burst: 2, perSecond: 1, isWarned: false },
};

function sayUntilSlow(pace: Pace<'say' | 'act'>, now: number): number {
  for (let index = 0; index < 100; index++) {
    const wait = pace.take('say', now);
    if (wait > 0) return wait;
  }
  return 0;
}

describe('the pace', () => {
  it('permits the speed of a person', () => {
    const pace = new Pace(RATES);
    for (let index = 0; index < 100; index++) expect(pace.take('say', index * 1_500)).toBe(0);
  });

  it('doubles the wait with each warning, up to the longest', () => {
    const pace = new Pace(RATES);
    const waits: number[] = [];
    let now = 0;
    for (let index = 0; index < 8; index++) {
      const wait = sayUntilSlow(pace, now);
      waits.push(wait);
      now += wait;
    }
    expect(waits.slice(0, 4)).toEqual([2_000, 4_000, 8_000, 16_000]);
    expect(Math.max(...waits)).toBe(CONDUCT.slowLongestMs);
  });

  it('forgets warnings after a quiet time', () => {
    const pace = new Pace(RATES);
    sayUntilSlow(pace, 0);
    const later = CONDUCT.slowForgetMs + CONDUCT.slowLongestMs + 10_000;
    expect(sayUntilSlow(pace, later)).toBe(CONDUCT.slowFirstMs);
  });

  it('extends the wait when a person keeps trying during it', () => {
    const pace = new Pace(RATES);
    sayUntilSlow(pace, 0);
    for (let index = 0; index < 4; index++) pace.take('say', 100);
    expect(pace.take('say', 100)).toBe(2 * CONDUCT.slowFirstMs);
  });

  it('limits each kind of request separately', () => {
    const pace = new Pace(RATES);
    sayUntilSlow(pace, 0);
    expect(pace.take('act', 0)).toBe(0);
  });

  it('refuses without a warning where the rate has none', () => {
    const pace = new Pace(RATES);
    for (let index = 0; index < 2; index++) expect(pace.take('act', 0)).toBe(0);
    for (let index = 0; index < 20; index++) expect(pace.take('act', 0)).toBe(1_000);
    expect(pace.take('act', 1_000)).toBe(0);
  });
});
