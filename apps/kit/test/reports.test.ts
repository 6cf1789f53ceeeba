import { describe, expect, it } from 'vitest';
import { Reports } from '../server/reports.js';
import { CONDUCT } from '../shared/limits.js';

const rules = { reportsToMute: 3, reporterAgeMs: 1_000 };
const elder = (id: string) => ({ id, bornAt: -10_000 });

describe('reports', () => {
  it('mute a person whom enough different people reported', () => {
    const reports = new Reports(rules);
    expect(reports.add('x', elder('a'), 0)).toBe(0);
    expect(reports.add('x', elder('b'), 0)).toBe(0);
    expect(reports.add('x', elder('c'), 0)).toBe(CONDUCT.muteMs);
    expect(reports.mutedFor('x', 0)).toBe(CONDUCT.muteMs);
    expect(reports.mutedFor('x', CONDUCT.muteMs)).toBe(0);
  });

  it('count once per reporter', () => {
    const reports = new Reports(rules);
    for (let index = 0; index < 10; index++) expect(reports.add('x', elder('a'), index)).toBe(0);
  });

  it('of a new session do not count, so that several new tabs cannot mute anybody', () => {
    const reports = new Reports(rules);
    for (const id of ['a', 'b', 'c', 'd']) expect(reports.add('x', { id, bornAt: 0 }, 999)).toBe(0);
    expect(reports.count).toBe(0);
  });

  it('do not count after a while', () => {
    const reports = new Reports(rules);
    reports.add('x', elder('a'), 0);
    reports.add('x', elder('b'), 0);
    expect(reports.add('x', elder('c'), CONDUCT.reportWindowMs + 1)).toBe(0);
  });

  it('mute for twice as long each time, up to the longest', () => {
    const reports = new Reports(rules);
    const lengths: number[] = [];
    let now = 0;
    for (let round = 0; round < 6; round++) {
      for (const id of ['a', 'b', 'c']) {
        const length = reports.add('x', elder(id), now);
        if (length > 0) lengths.push(length);
      }
      now += (lengths.at(-1) ?? 0) + 1;
    }
    expect(lengths.slice(0, 3)).toEqual([CONDUCT.muteMs, 2 * CONDUCT.muteMs, 4 * CONDUCT.muteMs]);
    expect(Math.max(...lengths)).toBe(CONDUCT.muteLongestMs);
  });

  it('are forgotten when they are no longer needed', () => {
    const reports = new Reports(rules);
    reports.add('x', elder('a'), 0);
    for (const id of ['a', 'b', 'c']) reports.add('y', elder(id), 0);
    reports.sweep(CONDUCT.reportWindowMs + 1);
    expect(reports.count).toBe(1);
    reports.sweep(CONDUCT.muteMs + CONDUCT.muteLongestMs + 1);
    expect(reports.count).toBe(0);
  });
});
