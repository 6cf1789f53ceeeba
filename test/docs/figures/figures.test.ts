import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readText } from '../../tidy/source.js';
import { pages } from '../pages.js';
import { findFigures, findUnmarked, writeFigures } from './figures.js';
import { readResults } from './results.js';

const results = readResults(readText('bench/RESULTS.md'));

if (process.env.NARU_WRITE_DOCS)
  for (const page of pages) {
    const text = readText(page);
    const written = writeFigures(text, results);
    if (written !== text) writeFileSync(page, written);
  }

describe('the figures of the documents', () => {
  it.each(pages)('are those of RESULTS.md: %s', (page) => {
    expect(findFigures(page, readText(page), results)).toEqual([]);
  });

  it('have a mark in README.md', () => {
    expect(findUnmarked('README.md', readText('README.md'))).toEqual([]);
  });
});

describe('a figure', () => {
  const made = readResults(
    [
      '## Ratios',
      '',
      '| row | naru / socket.io, or as named | goal |',
      '| --- | ---: | ---: |',
      '| fanout-16 | 20.96 (20.1 – 21.8) | ≥ 15 |',
      '| idle: naru / socket.io | 0.39 (0.38 – 0.40) | ≤ 0.5 |',
      '| idle: naru / ws | 0.90 (0.89 – 0.91) |  |',
      '',
      '## Memory of it (`idle`)',
      '',
      '| target | RSS per connection, KiB | deliveries/s |',
      '| --- | ---: | ---: |',
      '| naru | 5.61 (5.60 – 5.62) | 12,999 |',
      '',
    ].join('\n'),
  );
  const find = (text: string) => findFigures('a.md', text, made);

  it('is that of its row, and never says more than was measured', () => {
    expect(find('20 times<!-- result: fanout-16 -->, 61%<!-- result: idle; less --> less')).toEqual([]);
    expect(find('a line\n21 times<!-- result: fanout-16 -->')).toEqual([
      'a.md:2: 21 times<!-- result: fanout-16 --> should be 20',
    ]);
    expect(find('60%<!-- result: idle; less -->')).toEqual(['a.md:1: 60%<!-- result: idle; less --> should be 61']);
  });

  it('is that of a cell, with costs rounded up and rates down', () => {
    expect(find('5.7 KiB<!-- result: idle; naru; RSS per connection, KiB -->')).toEqual([]);
    expect(find('12,000<!-- result: idle; naru; deliveries/s -->')).toEqual([]);
    expect(find('5.6 KiB<!-- result: idle; naru; RSS per connection, KiB -->')).toHaveLength(1);
    expect(find('13 kB<!-- result: idle; naru; deliveries/s -->')).toHaveLength(1);
  });

  it('needs a row that is there, and a mark needs a figure', () => {
    expect(find('20 times<!-- result: gone -->')).toEqual([
      'a.md:1: 20 times<!-- result: gone --> should be a figure that RESULTS.md has',
    ]);
    expect(find('20 times as many messages <!-- result: fanout-16 -->, many<!-- result: idle -->')).toEqual([
      'a.md: a mark is not right after a figure',
    ]);
  });

  it('is found without its mark', () => {
    expect(findUnmarked('a.md', 'It is 20 times as fast, with 60% less memory,\nand 10 kB small.')).toEqual([
      'a.md:1: 20 times has no mark',
      'a.md:1: 60% has no mark',
      'a.md:2: 10 kB has no mark',
    ]);
    expect(findUnmarked('a.md', '20 times<!-- result: fanout-16 -->, with 64 bytes')).toEqual([]);
  });

  it('is written anew', () => {
    const text = 'It is 3 times<!-- result: fanout-16 --> as fast.';
    expect(writeFigures(text, made)).toBe('It is 20 times<!-- result: fanout-16 --> as fast.');
  });
});
