import { describe, expect, it } from 'vitest';
import { report } from '../../bench/report.mjs';
import { ROWS, type Row } from '../../bench/rows.mjs';
import { summarise } from '../../bench/summary.mjs';

const facts = { date: '2026-01-02 03:04 UTC', machine: 'a machine' };

const samplesOf = (row: Row, ratios: readonly number[]) =>
  ratios.flatMap((ratio, round) => [
    { row: row.id, target: row.targets[0] ?? '', round, values: { perCpuSecond: 100_000, rssKiB: 2 } },
    { row: row.id, target: 'naru', round, values: { perCpuSecond: 100_000 * ratio, rssKiB: 2 * ratio } },
  ]);

/** Returns the line of a row in the table of ratios. */
function lineOf(id: string, ratios: readonly number[], othersCpus = 0.123): string {
  const row = ROWS.find((each) => each.id === id) as Row;
  const summary = summarise(row, { samples: samplesOf(row, ratios), failures: [], othersCpus, ...facts });
  return (
    report([summary], [], {}, [])
      .split('\n')
      .find((line) => line.startsWith(`| ${id}`)) ?? ''
  );
}

describe('the table of ratios', () => {
  it('shows the mean with its interval, the rounds, and what others did meanwhile', () => {
    expect(lineOf('ack-8', [4, 4.1, 4, 4.1])).toMatch(
      /^\| ack-8 \| 4\.05 \(3\.96 – 4\.14\) \| ≥ 2\.4 \| yes \| {2}\| {2}\| 4 \| 0\.12 of \d+ CPUs \|$/,
    );
  });

  it('marks an interval that is wider than 5 %', () => {
    expect(lineOf('ack-8', [4, 6, 4, 6])).toContain('4.90 (± 3.38 – 7.11)');
  });

  it('says that one round has no interval', () => {
    expect(lineOf('ack-8', [4])).toContain('4.00 (one round)');
  });

  it('shows the number of a row without a peer', () => {
    expect(lineOf('udp-idle', [1, 1, 1, 1])).toContain('naru-udp: 2.00 (2.00 – 2.00) KiB of RSS per session');
  });

  it('shows a number beside the first one, with the goal that it must meet', () => {
    const row = ROWS.find(({ id }) => id === 'own-rooms') as Row;
    const samples = [1, 1, 3, 3].flatMap((awayPercent, round) => [
      { row: row.id, target: 'naru-redis', round, values: { awayPercent: 1 } },
      { row: row.id, target: 'naru-nats', round, values: { awayPercent: 3 * awayPercent } },
    ]);
    const text = report([summarise(row, { samples, failures: [], othersCpus: 0, ...facts })], [], {}, []);
    const name = 'CPU of the server without receivers, % of a core';
    expect(text).toContain(`| own-rooms: naru-redis, ${name} | 1.00 (1.00 – 1.00) | ≤ 2 | yes |`);
    expect(text).toMatch(
      new RegExp(`own-rooms: naru-nats, ${name} \\| 5\\.20 \\(± [\\d.]+ – [\\d.]+\\) \\| ≤ 2 \\| \\*\\*no`),
    );
  });

  it('tells of a goal that was missed', () => {
    expect(lineOf('ack-8', [2, 2, 2, 2])).toContain('| ≥ 2.4 | **no** |');
  });
});
