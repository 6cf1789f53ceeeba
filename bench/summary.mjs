/**
 * Turns single measurements into medians, spreads and ratios. A ratio is made within a round. The geometric mean of the
 * rounds is taken then, with its 95 % interval.
 */
import { ratioInterval, spread } from './statistics.mjs';

/**
 * @typedef {{ row: string, target: string, round: number, values: Record<string, number> }} Sample
 * @typedef {{ median: number, min: number, max: number }} Spread
 * @typedef {{ ratio: number, low: number, high: number }} Interval `low` and `high` are NaN after one round
 * @typedef {{ key: string, isMoreBetter: boolean }} Key
 */

const CONFIDENCE = 0.95;
/** An interval is narrow enough when its ends are this far from the mean, or less. */
const PRECISION = 0.05;
/** The fewest rounds of a row that ends by its interval. Two rounds agree too often by chance. */
export const ROUNDS_MIN = 4;

/** The number by which a row is judged, and whether more of it is better. @type {Record<string, Key>} */
const KEYS = {
  throughput: { key: 'perCpuSecond', isMoreBetter: true },
  idle: { key: 'rssKiB', isMoreBetter: false },
  connect: { key: 'connectMicros', isMoreBetter: false },
  recover: { key: 'seconds', isMoreBetter: false },
  append: { key: 'perCpuSecond', isMoreBetter: true },
  cluster: { key: 'perCpuSecond', isMoreBetter: true },
};

/** @param {Pick<import('./rows.mjs').Row, 'measure' | 'key'>} row @returns {Key} */
export function keyOf({ measure, key }) {
  const its = key ?? KEYS[measure];
  if (its === undefined) throw new TypeError(`a row of the measure "${measure}" must have a key`);
  return its;
}

/**
 * Returns the intervals that end a row: those of the ratios with a goal, or of the first ratio. A row without a peer
 * has that of its number.
 * @param {import('./rows.mjs').Row} row
 * @param {readonly Sample[]} samples
 * @returns {Interval[]}
 */
export function judgedIntervals(row, samples) {
  const { key } = keyOf(row);
  const beside = (row.beside ?? []).filter(({ least, most }) => least !== undefined || most !== undefined);
  const intervals = [
    ratioOf(samples, pairOf(row), key),
    ...beside.map(({ pair, by = key }) => ratioOf(samples, pair, by)),
  ].filter((interval) => interval !== undefined);
  if (intervals.length > 0) return intervals;
  const own = valueInterval(samples, row.targets[0] ?? '', key);
  return own === undefined ? [] : [own];
}

/**
 * Whether all intervals of a row are narrow enough.
 * @param {import('./rows.mjs').Row} row
 * @param {readonly Sample[]} samples
 */
export function isPrecise(row, samples) {
  const intervals = judgedIntervals(row, samples);
  return intervals.length > 0 && intervals.every((interval) => isNarrow(interval, row.precision));
}

/** @param {Interval} interval @param {number} [precision] */
export function isNarrow({ ratio, low, high }, precision = PRECISION) {
  return high <= ratio * (1 + precision) && low >= ratio / (1 + precision);
}

/**
 * @param {import('./rows.mjs').Row} row
 * @param {import('./rounds.mjs').RowResult} result
 */
export function summarise(row, { samples, othersCpus, date, machine }) {
  const { key, isMoreBetter } = keyOf(row);
  /** @type {Record<string, Record<string, Spread>>} */
  const targets = {};
  for (const target of row.targets) {
    const runs = samples.filter((sample) => sample.target === target);
    const [first] = runs;
    if (first === undefined) continue;
    targets[target] = Object.fromEntries(
      Object.keys(first.values).map((name) => [name, spread(runs.map(({ values }) => values[name] ?? Number.NaN))]),
    );
  }
  const pair = pairOf(row);
  const naru = ratioOf(samples, pair, key);
  const own = valueInterval(samples, row.targets[0] ?? '', key);
  const { perCpuSecondLeast: least, goal } = row;
  const isReached = (/** @type {Interval} */ { ratio }, /** @type {number} */ bound) =>
    isMoreBetter ? ratio >= bound : ratio <= bound;
  return {
    row,
    targets,
    rounds: new Set(samples.map(({ round }) => round)).size,
    othersCpus,
    date,
    machine,
    /** The number of the first target. */
    own,
    isMet: least !== undefined ? own && isReached(own, least) : goal && naru && isReached(naru, goal),
    /** The two targets of the first ratio. */
    pair,
    beside: (row.beside ?? []).map((other) => {
      const { least: atLeast, most } = other;
      const ratio = ratioOf(samples, other.pair, other.by ?? key);
      const isMet =
        ratio &&
        (atLeast !== undefined ? ratio.ratio >= atLeast : most !== undefined ? ratio.ratio <= most : undefined);
      return { ...other, ratio, isMet };
    }),
    ratios: {
      'naru / socket.io': naru,
      'naru / ws': ratioOf(samples, ['naru', 'ws'], key),
      'naru-websocket / ws': ratioOf(samples, ['naru-websocket', 'ws'], key),
    },
  };
}

/** @param {import('./rows.mjs').Row} row @returns {readonly string[]} */
function pairOf(row) {
  return row.compare ?? ['naru', 'socket.io'];
}

/**
 * Returns the interval of the ratio of two targets, or of the number of one. Nothing if they have no round in common.
 * @param {readonly Sample[]} samples of one row
 * @param {readonly string[]} pair
 * @param {string} by
 */
function ratioOf(samples, [ours = '', theirs], by) {
  if (theirs === undefined) return valueInterval(samples, ours, by);
  const ratios = samples
    .filter(({ target }) => target === ours)
    .flatMap(({ round, values }) => {
      const other = samples.find((sample) => sample.target === theirs && sample.round === round);
      return other === undefined ? [] : [(values[by] ?? Number.NaN) / (other.values[by] ?? Number.NaN)];
    });
  return ratios.length === 0 ? undefined : ratioInterval(ratios, CONFIDENCE);
}

/** @param {readonly Sample[]} samples @param {string} name @param {string} key */
function valueInterval(samples, name, key) {
  const values = samples.filter(({ target }) => target === name).map(({ values }) => values[key] ?? Number.NaN);
  return values.length === 0 ? undefined : ratioInterval(values, CONFIDENCE);
}

/**
 * Returns the side that was busy all the time. If it was the loader, the rate per second is the loader's, but the rate
 * per server CPU-second is still the server's.
 * @param {Record<string, Spread>} values
 */
export function boundBy(values) {
  if ((values.serverCpu?.median ?? 0) >= 0.95) return 'server';
  if ((values.loaderCpu?.median ?? 0) >= 0.9) return 'loader';
  return 'neither';
}
