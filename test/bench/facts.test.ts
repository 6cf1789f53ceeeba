import { describe, expect, it } from 'vitest';
import { othersText, parseTimes } from '../../bench/facts.mjs';

describe('the other work on a machine', () => {
  it('is the time of all CPUs without the own one, and counts software interrupts and stolen time', () => {
    const machine = 'cpu  100 20 300 9999 5000 1 40 39 7 7\ncpu0 1 1 1 1\n';
    const own = '17 (a (strange) name) S 1 17 17 0 -1 4194304 100 0 0 0 11 22 33 44 20 0 1 0 5 6';
    expect(parseTimes(machine, own)).toEqual({ all: 5, own: 1.1 });
  });

  it('is marked when it makes ratios spread, and unknown without /proc', () => {
    expect(othersText(0.1)).toMatch(/^0\.10 of \d+ CPUs$/);
    expect(othersText(1.2)).toMatch(/^1\.20 of \d+ CPUs \(\*\*not quiet\*\*/);
    expect([othersText(Number.NaN), othersText(null)]).toEqual(['unknown', 'unknown']);
  });
});
