/**
 * Draws the pictures of docs/performance.md: `node bench/pictures/draw.mjs [run.json ...]`. The rows of these runs
 * replace those in docs/pictures/numbers.json, from which everything is drawn. A whole run does this by itself.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { drawBars } from './bars.mjs';
import { numbersOf } from './numbers.mjs';
import { PICTURES, rowIdsOf } from './pictures.mjs';

const folder = fileURLToPath(new URL('../../docs/pictures/', import.meta.url));
const numbersFile = `${folder}numbers.json`;
/** Characters of a date without its time. */
const DAY = 10;

/**
 * Returns the files of all pictures that have a number.
 * @param {import('./pictures.mjs').Rows} rows
 * @returns {Map<string, string>}
 */
export function drawAll(rows) {
  const files = new Map();
  for (const picture of PICTURES) {
    const { file, title, unit, groups, series, turn = (number) => number } = picture;
    const shown = rowIdsOf(picture);
    const measured = shown.flatMap((id) => rows[id] ?? []);
    if (measured.length === 0) continue;
    const bars = series.map(({ name, points }) => ({
      name,
      bars: points.map(({ row, target }) => barOf(rows[row]?.targets[target], turn)),
    }));
    const seen = bars.filter((each) => each.bars.some((bar) => bar !== undefined));
    files.set(file, drawBars({ title, unit, groups, series: seen, notes: notesOf(shown, measured) }));
  }
  return files;
}

/** @param {import('./numbers.mjs').Measured | undefined} measured @param {(number: number) => number} turn */
function barOf(measured, turn) {
  if (measured === undefined) return undefined;
  const { mean, low, high } = measured;
  const ends = low === null || high === null ? [Number.NaN, Number.NaN] : [turn(low), turn(high)];
  return { value: turn(mean), low: Math.min(...ends), high: Math.max(...ends) };
}

/**
 * Says what was measured, where and when.
 * @param {readonly string[]} ids
 * @param {readonly import('./numbers.mjs').RowNumbers[]} measured
 */
function notesOf(ids, measured) {
  const all = (/** @type {(row: import('./numbers.mjs').RowNumbers) => string} */ textOf) => [
    ...new Set(measured.map(textOf)),
  ];
  const range = (/** @type {(number | null)[]} */ values) => {
    const known = values.filter((value) => value !== null);
    const [least, most] = [Math.min(...known), Math.max(...known)];
    return known.length === 0 ? 'unknown' : least === most ? `${least}` : `${least} to ${most}`;
  };
  const others = measured.map(({ othersCpus }) => othersCpus && Math.round(othersCpus * 100) / 100);
  return [
    `Rows of the benchmark: ${ids.join(', ')}`,
    `${all(({ date }) => date.slice(0, DAY)).join(', ')}; ${all(({ versions }) => versions).join('; ')}`,
    all(({ machine }) => machine).join('; '),
    `Rounds: ${range(measured.map(({ rounds }) => rounds))}. CPUs that other programs kept busy: ${range(others)}`,
  ];
}

/** Takes over the rows of runs, and draws everything. @param {readonly Parameters<typeof numbersOf>[0][]} runs */
export function takeRuns(runs) {
  const shown = new Set(PICTURES.flatMap(rowIdsOf));
  const before = existsSync(numbersFile) ? JSON.parse(readFileSync(numbersFile, 'utf8')) : {};
  const rows = Object.assign(before, ...runs.map(numbersOf));
  const kept = Object.fromEntries(Object.entries(rows).filter(([id]) => shown.has(id)));
  mkdirSync(folder, { recursive: true });
  writeFileSync(numbersFile, `${JSON.stringify(kept, undefined, 2)}\n`);
  for (const [file, picture] of drawAll(kept)) writeFileSync(`${folder}${file}`, picture);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  takeRuns(process.argv.slice(2).map((path) => JSON.parse(readFileSync(path, 'utf8'))));
