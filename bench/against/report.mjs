/** Writes the comparison of two commits as text. */

/** @param {number} ratio */
const three = (ratio) => ratio.toFixed(3);

/** @param {number} value */
const short = (value) => value.toLocaleString('en', { maximumFractionDigits: value > 1000 ? 0 : 2 });

/** Returns a row in one line. @param {import('./rounds.mjs').Outcome} outcome */
export function outcomeLine({ row, target, key, rounds, failures, medians, judgement }) {
  const name = `${row.padEnd(18)} ${target.padEnd(13)}`;
  if (!judgement?.isSettled) {
    const why = failures.length > 0 ? `failed: ${failures.at(-1)}` : 'interrupted';
    return `${name} ${why} (after ${rounds.length} rounds)`;
  }
  const { ratio, low, high, verdict } = judgement;
  const values = `${key} ${short(medians.this)} / ${short(medians.base)}`;
  return `${name} ${three(ratio)} (${three(low)} to ${three(high)}) in ${String(rounds.length).padStart(2)} rounds: ${verdict.padEnd(24)} ${values}`;
}

/**
 * @param {{ this: string, base: string, seconds: number } & Record<string, unknown>} facts
 * @param {readonly import('./rounds.mjs').Outcome[]} outcomes
 * @param {boolean} hasOtherDependencies
 */
export function reportOf(facts, outcomes, hasOtherDependencies) {
  return [
    ...Object.entries(facts).map(([name, value]) => `${name}: ${value}`),
    ...(hasOtherDependencies ? ['package-lock.json differs: both sides use the installed packages'] : []),
    '',
    'Ratios of this to base, as geometric means of paired rounds. More than 1 is better, for costs as well as for rates.',
    'In brackets the 95 % interval: Student’s t-interval of the mean of their logarithms. At the end the medians of this and base.',
    '',
    ...outcomes.map(outcomeLine),
  ].join('\n');
}
