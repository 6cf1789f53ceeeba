/**
 * Figures in documents that are from bench/RESULTS.md. A mark stands right after the figure, or after its unit:
 *
 * - `20 times<!-- result: fanout-16 -->` is the ratio of the row;
 * - `61%<!-- result: idle; less -->` is what the ratio leaves;
 * - `5.7 KiB<!-- result: idle-events; naru-events; RSS per connection, KiB -->` is a cell of the row's table.
 *
 * A figure has two digits, and never says more than was measured: rates and ratios are rounded down, costs up.
 */
import { type Finding, lineAt } from '../../tidy/source.js';
import { numberOf, type Results } from './results.js';

const marked = /(\d[\d,.]*)([^\d<>\n]{0,12})<!-- result: ([^>]+?) -->/g;
/** A mark, whatever is before it. */
const mark = /<!--\s*results?\b/gi;
/** A figure that only a measurement can give. */
const figure = /\b\d[\d,.]* ?(?:times\b|%|[kKMG]i?B\b)(?!<!-- result: )/g;
/** Columns in which less is better. */
const COST = /RSS|µs|bytes|seconds|\bms\b|first ping|CPU seconds/;

/** Returns a document with the figures of the results. */
export function writeFigures(text: string, results: Results): string {
  return text.replaceAll(marked, (_, __, unit: string, name: string) => {
    return `${expected(name, unit, results)}${unit}<!-- result: ${name} -->`;
  });
}

/** Returns a finding for each figure that differs from the results, and for each mark without a figure. */
export function findFigures(page: string, text: string, results: Results): Finding[] {
  const findings: Finding[] = [];
  const found = [...text.matchAll(marked)];
  for (const { 0: whole, 1: said, 2: unit = '', 3: name = '', index } of found) {
    const wanted = expected(name, unit, results);
    if (said !== wanted) findings.push(`${page}:${lineAt(text, index)}: ${whole} should be ${wanted}`);
  }
  if ([...text.matchAll(mark)].length !== found.length) findings.push(`${page}: a mark is not right after a figure`);
  return findings;
}

/** Returns a finding for each figure of speed or size that has no mark. */
export function findUnmarked(page: string, text: string): Finding[] {
  return [...text.matchAll(figure)].map(
    ({ 0: found, index }) => `${page}:${lineAt(text, index)}: ${found} has no mark`,
  );
}

function expected(name: string, unit: string, { ratios, sections }: Results): string {
  const [row = '', target, column = ''] = name.split('; ');
  const ratio = ratios.get(row);
  if (target === undefined) return twoDigits(ratio, Math.floor);
  if (target === 'less') return twoDigits(ratio && 100 - Math.round(100 * ratio), Math.floor);
  const value = numberOf(sections.get(row)?.get(target)?.get(column) ?? '');
  const scale = /^ kB/.test(unit) ? 1000 : 1;
  return twoDigits(value && value / scale, COST.test(column) ? Math.ceil : Math.floor);
}

function twoDigits(value: number | undefined, round: (value: number) => number): string {
  if (value === undefined) return 'a figure that RESULTS.md has';
  const step = 10 ** (Math.floor(Math.log10(value)) - 1);
  // A step is a power of ten, so its quotient is whole unless the number format of the machine disturbs it.
  const rounded = round(Number((value / step).toFixed(6))) * step;
  return rounded.toLocaleString('en', { maximumSignificantDigits: 2 });
}
