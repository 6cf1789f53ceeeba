import { describe, expect, it } from 'vitest';
import { ROWS } from '../../../bench/rows.mjs';
import { minutesOf, planParts } from '../../../bench/whole/plan.mjs';

describe('the parts of a whole run', () => {
  it('have every row once, in order, and at most 60 minutes each', () => {
    const parts = planParts(ROWS, { seconds: 3 });
    expect(parts.flat()).toEqual(ROWS);
    expect(parts.length).toBeGreaterThan(1);
    for (const part of parts) expect(minutesOf(part, 3)).toBeLessThanOrEqual(60);
  });

  it('are as many as were asked for', () => {
    const parts = planParts(ROWS, { seconds: 3, of: 12 });
    expect(parts).toHaveLength(12);
    expect(parts.flat()).toEqual(ROWS);
  });

  it('refuse a number with which a part would take longer', () => {
    const least = planParts(ROWS, { seconds: 3 }).length;
    expect(() => planParts(ROWS, { seconds: 3, of: least - 1 })).toThrow(
      `"--part" must have at least ${least} parts of at most 60 minutes, got ${least - 1}.`,
    );
  });

  it('grow with the time of a rate', () => {
    expect(planParts(ROWS, { seconds: 30 }).length).toBeGreaterThan(planParts(ROWS, { seconds: 3 }).length);
  });
});
