/**
 * The rounds of one row: its targets in turns, each measured in new children, until the interval of the row is narrow
 * enough.
 */
import { Turns } from './against/turns.mjs';
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
 * @param {(target: string, round: number, pass?: () => Promise<void>) => Promise<Record<string, number>>} measure gives
 * the turn to the other targets now and then, if it gets `pass`
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
    const turns = new Turns();
    const all = (round % 2 === 0 ? left : left.toReversed()).map((target) => async () => {
      try {
        const values = row.inTurns
          ? await turns.run((pass) => measure(target, round, pass))
          : await measure(target, round);
        samples.push({ row: row.id, target, round, values });
      } catch (error) {
        const [message = ''] = String(error instanceof Error ? error.message : error).split('\n');
        failures.push({ row: row.id, target, round, message });
        say({ row: row.id, target, round, message });
      }
    });
    if (isOver()) return undefined;
    if (row.inTurns) await Promise.all(all.map((run) => run()));
    else
      for (const run of all) {
        if (isOver()) return undefined;
        await run();
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
