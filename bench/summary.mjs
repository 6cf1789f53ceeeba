/**
 * Turns single measurements into medians, spreads and ratios. A ratio is made within a round, then the median is taken.
 */
import { spread } from './statistics.mjs';

/**
 * @typedef {{ row: string, target: string, round: number, values: Record<string, number> }} Sample
 * @typedef {{ median: number, min: number, max: number }} Spread
 */

/** The number by which a row is judged, and whether more of it is better. */
export const KEY = {
  throughput: { key: 'perCpuSecond', isMoreBetter: true },
  idle: { key: 'rssKiB', isMoreBetter: false },
  connect: { key: 'connectMicros', isMoreBetter: false },
  recover: { key: 'seconds', isMoreBetter: false },
  append: { key: 'perCpuSecond', isMoreBetter: true },
  cluster: { key: 'perCpuSecond', isMoreBetter: true },
};

/**
 * @param {import('./rows.mjs').Row} row
 * @param {readonly Sample[]} samples
 */
export function summarise(row, samples) {
  const mine = samples.filter((sample) => sample.row === row.id);
  const { key, isMoreBetter } = KEY[row.measure];
  /** @type {Record<string, Record<string, Spread>>} */
  const targets = {};
  for (const target of row.targets) {
    const runs = mine.filter((sample) => sample.target === target);
    const [first] = runs;
    if (first === undefined) continue;
    targets[target] = Object.fromEntries(
      Object.keys(first.values).map((name) => [name, spread(runs.map(({ values }) => values[name] ?? Number.NaN))]),
    );
  }
  const ratio = (/** @type {string} */ target, /** @type {string} */ against, /** @type {string} */ by) => {
    const ratios = mine
      .filter((sample) => sample.target === target)
      .flatMap(({ round, values }) => {
        const other = mine.find((sample) => sample.target === against && sample.round === round);
        return other === undefined ? [] : [(values[by] ?? Number.NaN) / (other.values[by] ?? Number.NaN)];
      });
    return ratios.length === 0 ? undefined : spread(ratios);
  };
  const pair = row.compare ?? /** @type {const} */ (['naru', 'socket.io']);
  const naru = ratio(...pair, key);
  const { perCpuSecondLeast: least } = row;
  const perCpuSecond = targets[row.targets[0] ?? '']?.perCpuSecond;
  const isMet =
    least !== undefined && perCpuSecond !== undefined
      ? perCpuSecond.median >= least
      : naru === undefined || row.goal === undefined
        ? undefined
        : isMoreBetter
          ? naru.median >= row.goal
          : naru.median <= row.goal;
  return {
    row,
    targets,
    isMet,
    /** The two targets of the first ratio. */
    pair,
    beside: (row.beside ?? []).map((other) => {
      const {
        pair: [ours = '', theirs = ''],
        by = key,
        least: atLeast,
        most,
      } = other;
      const its = ratio(ours, theirs, by);
      const isReached = its && (atLeast === undefined ? most && its.median <= most : its.median >= atLeast);
      return { ...other, ratio: its, isMet: atLeast === undefined && most === undefined ? undefined : isReached };
    }),
    ratios: {
      'naru / socket.io': naru,
      'naru / ws': ratio('naru', 'ws', key),
      'naru-websocket / ws': ratio('naru-websocket', 'ws', key),
    },
    wallRatio: row.measure === 'throughput' ? ratio('naru', 'socket.io', 'perSecond') : undefined,
  };
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
