/** The numbers of a run that pictures show: for each row and target the mean with its 95 % interval. */
import { ratioInterval } from '../statistics.mjs';
import { keyOf } from '../summary.mjs';

const CONFIDENCE = 0.95;

/**
 * @typedef {{ mean: number, low: number | null, high: number | null }} Measured `null` after one round
 * @typedef {object} RowNumbers
 * @property {string} date
 * @property {string} versions
 * @property {string} machine
 * @property {number} rounds
 * @property {number | null} othersCpus
 * @property {Record<string, Measured>} targets
 */

/**
 * Returns the numbers of a run, by row.
 * @param {{ facts: Record<string, string>, summaries: readonly any[], samples: readonly
 * import('../summary.mjs').Sample[] }} run what bench/out/latest.json has
 * @returns {Record<string, RowNumbers>}
 */
export function numbersOf({ facts: { versions = '' }, summaries, samples }) {
  const rowOf = (/** @type {any} */ { row, rounds, othersCpus, date, machine, targets }) => {
    const { key } = keyOf(row);
    const measured = Object.keys(targets).map((target) => {
      const mine = samples.filter((sample) => sample.row === row.id && sample.target === target);
      const { ratio, low, high } = ratioInterval(
        mine.map(({ values }) => values[key] ?? Number.NaN),
        CONFIDENCE,
      );
      return [target, { mean: short(ratio), low: short(low), high: short(high) }];
    });
    return { date, versions, machine, rounds, othersCpus: short(othersCpus), targets: Object.fromEntries(measured) };
  };
  return Object.fromEntries(summaries.map((summary) => [summary.row.id, rowOf(summary)]));
}

/** Four digits are more than a measurement has. @param {number} value */
function short(value) {
  return Number.isFinite(value) ? Number(value.toPrecision(4)) : null;
}
