import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { drawAll } from '../../bench/pictures/draw.mjs';
import { numbersOf } from '../../bench/pictures/numbers.mjs';
import { PICTURES } from '../../bench/pictures/pictures.mjs';
import { ROWS } from '../../bench/rows.mjs';
import { readText } from '../tidy/source.js';

const facts = { date: '2026-01-02 03:04 UTC', versions: 'naru 1 (abc)', machine: 'a machine' };

/** The numbers of rows that measured these rates. */
function measured(rates: Record<string, Record<string, readonly number[]>>) {
  const summaries = Object.entries(rates).map(([id, targets]) => ({
    row: ROWS.find((row) => row.id === id),
    rounds: Math.max(...Object.values(targets).map(({ length }) => length)),
    othersCpus: 0.25,
    date: facts.date,
    machine: facts.machine,
    targets,
  }));
  const samples = Object.entries(rates).flatMap(([row, targets]) =>
    Object.entries(targets).flatMap(([target, values]) =>
      values.map((perCpuSecond, round) => ({ row, target, round, values: { perCpuSecond } })),
    ),
  );
  return numbersOf({ facts: { versions: facts.versions }, summaries, samples });
}

describe('the numbers of a run', () => {
  it('are means with their intervals', () => {
    const { 'ack-1': row } = measured({ 'ack-1': { naru: [100, 100, 100], 'socket.io': [80] } });
    expect(row).toMatchObject({ ...facts, rounds: 3, othersCpus: 0.25 });
    expect(row?.targets).toEqual({
      naru: { mean: 100, low: 100, high: 100 },
      'socket.io': { mean: 80, low: null, high: null },
    });
  });
});

describe('a picture', () => {
  const draw = () => drawAll(measured({ 'ack-1': { naru: [200_000, 200_000], 'socket.io': [50_000, 50_000] } }));

  it('has bars as long as what was measured, with the numbers', () => {
    const picture = draw().get('message.svg') ?? '';
    expect([...picture.matchAll(/>([\d.]+ µs)</g)].map(([, text]) => text)).toEqual(['5 µs', '20 µs']);
    const widths = [...picture.matchAll(/class="s\d" x="230" y="\d+" width="([\d.]+)" height="16"/g)].map(([, width]) =>
      Number(width),
    );
    expect(widths).toEqual([95, 380]);
  });

  it('says what was not measured, and what the numbers are from', () => {
    const picture = draw().get('message.svg') ?? '';
    expect(picture.match(/not measured/g)).toHaveLength(6);
    for (const text of ['ack-1', 'Rounds: 2.', '2026-01-02; naru', facts.versions, facts.machine, 'kept busy: 0.25'])
      expect(picture).toContain(text);
  });

  it('is not drawn without any number', () => {
    expect([...draw().keys()]).toEqual(['message.svg']);
  });

  it('is readable on light and on dark pages', () => {
    expect(draw().get('message.svg')).toContain('@media (prefers-color-scheme: dark)');
  });

  it('shows rows and targets that there are', () => {
    const points = PICTURES.flatMap(({ series }) => series.flatMap((each) => each.points));
    for (const { row, target } of points)
      expect(ROWS.find(({ id }) => id === row)?.targets, `${row} ${target}`).toContain(target);
  });

  it('has a number for every group in each series', () => {
    for (const { groups, series } of PICTURES)
      for (const { points } of series) expect(points).toHaveLength(groups.length);
  });
});

describe('docs/performance.md', () => {
  const drawn = drawAll(JSON.parse(readText('docs/pictures/numbers.json')));

  it('shows every picture', () => {
    const shown = [...readText('docs/performance.md').matchAll(/\]\(pictures\/([\w-]+\.svg)\)/g)].map(
      ([, file]) => file,
    );
    expect(shown.sort()).toEqual(PICTURES.map(({ file }) => file).sort());
    expect(readdirSync('docs/pictures').sort()).toEqual([...shown, 'numbers.json'].sort());
  });

  it.each(PICTURES.map(({ file }) => file))('has %s as its numbers draw it', (file) => {
    expect(readText(`docs/pictures/${file}`)).toBe(drawn.get(file));
  });
});
