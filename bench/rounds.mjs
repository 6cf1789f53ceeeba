/**
 * The rounds of one row: its targets in turns, each measured in new children, until the interval of the row is narrow
 * enough.
 */
import { watchOthers } from './facts.mjs';
import { isPrecise, ROUNDS_MIN } from './summary.mjs';

/** The most rounds of a row. */
export const ROUNDS_MAX = 10;
/** A target is left out after so many failed measurements. */
const FAILURES_MAX = 3;

/**
 * @typedef {{ row: string, target: string, round: number, message: string }} Failure
 * @typedef {object} RowResult
 * @property {import('./summary.mjs').Sample[]} samples
 * @property {Failure[]} failures
 * @property {number} othersCpus CPUs that others kept busy meanwhile
 */

/**
 * Returns what a row has measured, or nothing if the time was over before the row had its rounds.
 * @param {import('./rows.mjs').Row} row
 * @param {readonly string[]} targets
 * @param {(target: string, round: number) => Promise<Record<string, number>>} measure
 * @param {{ roundsMax: number, isOver?: () => boolean, say?: (failure: Failure) => void }} options
 * @returns {Promise<RowResult | undefined>}
 */
export async function runRow(row, targets, measure, { roundsMax, isOver = () => false, say = () => {} }) {
  /** @type {import('./summary.mjs').Sample[]} */
  const samples = [];
  /** @type {Failure[]} */
  const failures = [];
  const endOthers = watchOthers();
  const failuresOf = (/** @type {string} */ name) => failures.filter(({ target }) => target === name).length;
  for (let round = 0; round < roundsMax && !isDone(row, samples, round); round++) {
    const left = targets.filter((target) => failuresOf(target) < FAILURES_MAX);
    // Every other round runs backwards, so that a drift of the machine favours no target.
    for (const target of round % 2 === 0 ? left : left.toReversed()) {
      if (isOver()) return undefined;
      try {
        samples.push({ row: row.id, target, round, values: await measure(target, round) });
      } catch (error) {
        const [message = ''] = String(error instanceof Error ? error.message : error).split('\n');
        failures.push({ row: row.id, target, round, message });
        say({ row: row.id, target, round, message });
      }
    }
  }
  return { samples, failures, othersCpus: endOthers() };
}

/**
 * Whole pairs of rounds count, so that each target was the first one equally often.
 * @param {import('./rows.mjs').Row} row
 * @param {readonly import('./summary.mjs').Sample[]} samples
 * @param {number} rounds
 */
function isDone(row, samples, rounds) {
  return rounds >= ROUNDS_MIN && rounds % 2 === 0 && isPrecise(row, samples);
}
