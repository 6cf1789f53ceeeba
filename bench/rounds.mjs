/**
 * The rounds of one row: its targets in turns, each measured in new children, until the interval of the row is narrow
 * enough.
 */
import { Turns } from './against/turns.mjs';
import { dateNow, machineName, watchOthers } from './facts.mjs';
import { isPrecise, ROUNDS_MIN } from './summary.mjs';

/** The most rounds of a row. */
export const ROUNDS_MAX = 10;
/** A target is left out after so many failed measurements. */
const FAILURES_MAX = 3;

/**
 * The numbers of a target, or those of all targets by name in a row whose server changes between its targets.
 * @typedef {Record<string, number> | Record<string, Record<string, number>>} Measured
 * @typedef {{ row: string, target: string, round: number, message: string }} Failure
 * @typedef {object} RowResult
 * @property {import('./summary.mjs').Sample[]} samples
 * @property {Failure[]} failures
 * @property {number} othersCpus CPUs that others kept busy meanwhile
 * @property {string} date when it began
 * @property {string} machine
 */

/**
 * Returns the numbers of a measurement with the target that each belongs to.
 * @param {import('./rows.mjs').Row} row
 * @param {string} target
 * @param {Measured} measured
 * @returns {[target: string, values: Record<string, number>][]}
 */
export function byTarget(row, target, measured) {
  return /** @type {any} */ (row.isSwitched ? Object.entries(measured) : [[target, measured]]);
}

/**
 * Returns what a row has measured, or nothing if the time was over before the row had its rounds.
 * @param {import('./rows.mjs').Row} row
 * @param {readonly string[]} targets
 * @param {(target: string, round: number, pass?: () => Promise<void>) => Promise<Measured>} measure gives the turn to
 * the other targets now and then, if it gets `pass`
 * @param {{ roundsMax: number, isOver?: () => boolean, say?: (failure: Failure) => void }} options
 * @returns {Promise<RowResult | undefined>}
 */
export async function runRow(row, targets, measure, { roundsMax, isOver = () => false, say = () => {} }) {
  /** @type {import('./summary.mjs').Sample[]} */
  const samples = [];
  /** @type {Failure[]} */
  const failures = [];
  const date = dateNow();
  const endOthers = watchOthers();
  const failuresOf = (/** @type {string} */ name) => failures.filter(({ target }) => target === name).length;
  for (let round = 0; round < roundsMax && !isDone(row, samples, round); round++) {
    const left = targets.filter((target) => failuresOf(target) < FAILURES_MAX);
    const turns = new Turns();
    let isCut = false;
    /** @param {string} target @param {() => Promise<void>} pass */
    const measureInTurn = async (target, pass) => {
      isCut ||= isOver();
      if (isCut) return;
      try {
        const values = await measure(target, round, row.inTurns ? pass : undefined);
        for (const [name, own] of byTarget(row, target, values))
          samples.push({ row: row.id, target: name, round, values: own });
      } catch (error) {
        const [message = ''] = String(error instanceof Error ? error.message : error).split('\n');
        failures.push({ row: row.id, target, round, message });
        say({ row: row.id, target, round, message });
      }
    };
    // Every other round runs backwards, so that a drift of the machine favours no target.
    const inOrder = round % 2 === 0 ? left : left.toReversed();
    const order = row.isSwitched ? left.filter((target) => target === targets[0]) : inOrder;
    // Those that never pass their turn on run one after the other.
    await Promise.all(order.map((target) => turns.run((pass) => measureInTurn(target, pass))));
    if (isCut) return undefined;
  }
  return { samples, failures, othersCpus: endOthers(), date, machine: machineName() };
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
