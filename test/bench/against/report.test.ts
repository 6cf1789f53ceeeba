import { expect, it } from 'vitest';
import { outcomeLine, reportOf } from '../../../bench/against/report.mjs';

const measured = {
  row: 'idle',
  target: 'naru',
  key: 'rssKiB',
  rounds: Array(12).fill({ this: { rssKiB: 4 }, base: { rssKiB: 4 } }),
  failures: [],
  medians: { this: 4.125, base: 4 },
  judgement: { ratio: 0.97, low: 0.9651, high: 0.9812, verdict: 'open: more rounds needed' as const, isSettled: true },
};
const words = (line: string) => line.replace(/ +/g, ' ');

it('writes the ratio, its interval, the rounds, the verdict and the medians of a row', () => {
  expect(words(outcomeLine(measured))).toBe(
    'idle naru 0.970 (0.965 to 0.981) in 12 rounds: open: more rounds needed rssKiB 4.13 / 4',
  );
});

it('says why a row has no verdict', () => {
  const open = { ...measured, judgement: { ...measured.judgement, isSettled: false } };
  expect(words(outcomeLine({ ...open, failures: ['no port'] }))).toBe('idle naru failed: no port (after 12 rounds)');
  expect(words(outcomeLine(open))).toBe('idle naru interrupted (after 12 rounds)');
});

it('names both sides, the kind of interval, and other dependencies', () => {
  const facts = { this: 'abc subject (working tree, dirty: 2 changed files)', base: 'def other', seconds: 3 };
  const text = reportOf(facts, [measured], true);
  expect(text).toContain('this: abc subject (working tree, dirty: 2 changed files)\nbase: def other\n');
  expect(text).toContain('t-interval');
  expect(text).toContain('package-lock.json differs');
  expect(reportOf(facts, [measured], false)).not.toContain('package-lock.json');
});
