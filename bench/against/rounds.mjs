/** The paired rounds of one row: both builds in turns, under the same load, until the verdict is settled. */
import { median } from '../statistics.mjs';
import { keyOf } from '../summary.mjs';
import { Turns } from './turns.mjs';
import { judge } from './verdict.mjs';

/** A row ends after so many failed measurements. */
const FAILURES_MAX = 3;

/**
 * `this` is the working tree, and `base` the commit that it is compared with.
 * @typedef {'this' | 'base'} Side
 * @typedef {Record<Side, Record<string, number>>} Round
 */

/**
 * @typedef {object} Outcome
 * @property {string} row
 * @property {string} target
 * @property {string} key the number that is compared
 * @property {Round[]} rounds what both sides measured
 * @property {string[]} failures
 * @property {Record<Side, number>} medians
 * @property {ReturnType<typeof judge> | undefined} judgement nothing after too few rounds
 */

/**
 * Runs the rounds of one row. A round with a failed measurement does not count and is repeated. A signal ends the row
 * before its next measurement.
 * @param {{ row: import('../rows.mjs').Row, target: string }} pair
 * @param {(side: Side, pass: () => Promise<void>) => Promise<Record<string, number>>} measure passes the turn to the
 * other side now and then
 * @param {{ roundsMax: number, signal: AbortSignal, say?: (line: string) => void }} options
 * @returns {Promise<Outcome>}
 */
export async function runRounds({ row, target }, measure, { roundsMax, signal, say = () => {} }) {
  const { key, isMoreBetter } = keyOf(row);
  /** @type {Round[]} */
  const rounds = [];
  /** @type {number[]} */
  const ratios = [];
  /** @type {string[]} */
  const failures = [];
  /** @type {Outcome['judgement']} */
  let judgement;
  while (!judgement?.isSettled && failures.length < FAILURES_MAX) {
    try {
      const round = await runRound(measure, { isForward: rounds.length % 2 === 0, signal });
      ratios.push(ratioOf(round, key, isMoreBetter));
      rounds.push(round);
    } catch (error) {
      if (signal.aborted) break;
      failures.push(String(error instanceof Error ? error.message : error).split('\n')[0] ?? '');
      say(`${row.id} ${target}: FAILED: ${failures.at(-1)}`);
      continue;
    }
    if (rounds.length > 1) judgement = judge(ratios, roundsMax);
    say(`${row.id} ${target} round ${rounds.length}: ${ratios.at(-1)?.toFixed(3)}`);
  }
  const medianOf = (/** @type {Side} */ side) => median(rounds.map((round) => round[side][key] ?? Number.NaN));
  const medians = { this: medianOf('this'), base: medianOf('base') };
  return { row: row.id, target, key, rounds, failures, medians, judgement };
}

/**
 * @param {(side: Side, pass: () => Promise<void>) => Promise<Record<string, number>>} measure
 * @param {{ isForward: boolean, signal: AbortSignal }} options
 * @returns {Promise<Round>}
 */
async function runRound(measure, { isForward, signal }) {
  const turns = new Turns();
  /** @type {Side[]} */
  const order = isForward ? ['this', 'base'] : ['base', 'this'];
  const results = await Promise.allSettled(
    order.map((side) =>
      turns.run(async (pass) => {
        signal.throwIfAborted();
        return await measure(side, pass);
      }),
    ),
  );
  const [first, second] = results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
  return /** @type {Round} */ (isForward ? { this: first, base: second } : { this: second, base: first });
}

/**
 * Returns how much better this side is: more than 1 is better for rates and for costs. @param {Round} round @param
 * {string} key @param {boolean} isMoreBetter
 */
function ratioOf(round, key, isMoreBetter) {
  const [ours, theirs] = [round.this[key], round.base[key]];
  const ratio = isMoreBetter ? Number(ours) / Number(theirs) : Number(theirs) / Number(ours);
  if (!(ratio > 0 && Number.isFinite(ratio)))
    throw new Error(`${key} is ${ours} and ${theirs}, which cannot be compared`);
  return ratio;
}
