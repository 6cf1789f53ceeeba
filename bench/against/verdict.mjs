/** Tells from paired rounds whether a commit has lost speed, and when further rounds are not needed. */
import { ratioInterval } from '../statistics.mjs';

/** The part of a row's number that a commit may lose. */
const LOSS_MAX = 0.03;
/** A row has at least so many rounds. */
const ROUNDS_MIN = 10;
const CONFIDENCE = 0.95;
/**
 * The confidence that ends a row early. A check after every pair of rounds is wrong more often than one interval, so
 * these checks use a wider one. One in 25 rows with a loss of exactly 3 % then passes. With the interval of 95 % it
 * would be one in ten.
 */
const EARLY_CONFIDENCE = 0.99;

/** @typedef {'no loss above 3 %' | 'loss' | 'open: more rounds needed'} Verdict */

/**
 * Returns the geometric mean of the ratios of a row, its 95 % interval and the verdict. `isSettled` says that the row
 * needs no further round.
 * @param {readonly number[]} ratios of each round, turned so that more than 1 is better
 * @param {number} roundsMax
 */
export function judge(ratios, roundsMax) {
  const interval = ratioInterval(ratios, CONFIDENCE);
  const verdict = verdictOf(interval);
  // Whole pairs of rounds, so that each commit was the first one equally often.
  const mayEnd = ratios.length >= ROUNDS_MIN && ratios.length % 2 === 0;
  const early = verdictOf(ratioInterval(ratios, EARLY_CONFIDENCE));
  const isSettled = ratios.length >= roundsMax || (mayEnd && early !== 'open: more rounds needed');
  return { ...interval, verdict, isSettled };
}

/** @param {{ low: number, high: number }} interval @returns {Verdict} */
function verdictOf({ low, high }) {
  if (low >= 1 - LOSS_MAX) return 'no loss above 3 %';
  return high < 1 - LOSS_MAX ? 'loss' : 'open: more rounds needed';
}
