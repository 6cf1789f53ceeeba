/** Medians, spreads, and intervals of ratios. */

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/**
 * Returns the median, the smallest and the largest value.
 * @param {readonly number[]} values
 */
export function spread(values) {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/**
 * Returns the geometric mean of at least two ratios, and its interval: Student's t-interval of the mean of their
 * logarithms.
 * @param {readonly number[]} ratios
 * @param {number} confidence such as 0.95
 */
export function ratioInterval(ratios, confidence) {
  const logs = ratios.map(Math.log);
  const count = logs.length;
  const mean = logs.reduce((sum, value) => sum + value, 0) / count;
  const variance = logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  const half = studentQuantile(count - 1, confidence) * Math.sqrt(variance / count);
  return { ratio: Math.exp(mean), low: Math.exp(mean - half), high: Math.exp(mean + half) };
}

/**
 * Returns the distance from 0 within which a value of Student's t-distribution lies with this probability.
 * @param {number} freedom degrees of freedom, a whole number
 * @param {number} probability less than 1
 */
export function studentQuantile(freedom, probability) {
  let [low, high] = [0, 1];
  while (studentProbability(freedom, high) < probability) high *= 2;
  // Each step halves the error, so 60 of them reach the precision of a number.
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (studentProbability(freedom, middle) < probability) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * Returns the probability of a value between -t and t: the finite sums of Abramowitz and Stegun, 26.7.3 and
 * 26.7.4. @param {number} freedom @param {number} t
 */
function studentProbability(freedom, t) {
  const angle = Math.atan(t / Math.sqrt(freedom));
  const cosine = Math.cos(angle);
  const isOdd = freedom % 2 === 1;
  let term = isOdd ? cosine : 1;
  let sum = freedom === 1 ? 0 : term;
  for (let power = isOdd ? 3 : 2; power <= freedom - 2; power += 2) {
    term *= cosine ** 2 * ((power - 1) / power);
    sum += term;
  }
  return isOdd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum;
}
