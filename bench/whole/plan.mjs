/** Divides the rows of a whole run into parts of at most an hour. */

/** The longest part, in minutes. */
export const PART_MINUTES = 60;
/** The rounds that a row usually needs. A part whose rows need more goes on when it is started again. */
const USUAL_ROUNDS = 6;

/** About how long a measurement takes without its warm-up and the time of its rate, in seconds. */
const ABOUT_SECONDS = { throughput: 3, idle: 25, connect: 8, recover: 12, append: 2, cluster: 5, program: 5 };
/** Measurements of these kinds last as long as a rate is measured. */
const RATES = new Set(['throughput', 'append', 'cluster']);

/**
 * Returns the seconds that one round of a row takes.
 * @param {import('../rows.mjs').Row} row
 * @param {number} seconds
 */
export function roundSeconds(row, seconds) {
  const warmup = Math.max(1, row.warmupSeconds ?? 0);
  // One server is both targets, so they share its start.
  if (row.isSwitched)
    return row.targets.length * Math.max(seconds, row.rateSeconds ?? 0) + warmup + ABOUT_SECONDS.throughput;
  const rate = RATES.has(row.measure) ? seconds + warmup : 0;
  return row.targets.length * (rate + (row.aboutSeconds ?? ABOUT_SECONDS[row.measure]) + (row.restSeconds ?? 0) * 2);
}

/**
 * Returns the minutes that rows usually take.
 * @param {readonly import('../rows.mjs').Row[]} rows
 * @param {number} seconds
 */
export function minutesOf(rows, seconds) {
  return (rows.reduce((sum, row) => sum + roundSeconds(row, seconds), 0) * USUAL_ROUNDS) / 60;
}

/**
 * Returns the rows of each part, in their order. Without `of` there are as few parts as possible.
 * @param {readonly import('../rows.mjs').Row[]} rows
 * @param {{ seconds: number, of?: number | undefined }} options
 */
export function planParts(rows, { seconds, of }) {
  /** @type {import('../rows.mjs').Row[][]} */
  let parts = [];
  let count = of ?? 1;
  for (; ; count += 1) {
    parts = divide(rows, seconds, count);
    if (parts.every((part) => minutesOf(part, seconds) <= PART_MINUTES)) break;
    if (count > rows.length) throw new RangeError(`a row takes more than ${PART_MINUTES} minutes`);
  }
  if (of !== undefined && count > of)
    throw new RangeError(
      `Option "--part" must have at least ${count} parts of at most ${PART_MINUTES} minutes, got ${of}.`,
    );
  return parts;
}

/** @param {readonly import('../rows.mjs').Row[]} rows @param {number} seconds @param {number} count */
function divide(rows, seconds, count) {
  /** @type {import('../rows.mjs').Row[][]} */
  const parts = Array.from({ length: count }, () => []);
  const each = minutesOf(rows, seconds) / count;
  let before = 0;
  for (const row of rows) {
    const own = minutesOf([row], seconds);
    // A row belongs to the part in which its middle is.
    parts[Math.min(count - 1, Math.floor((before + own / 2) / each))]?.push(row);
    before += own;
  }
  return parts;
}
