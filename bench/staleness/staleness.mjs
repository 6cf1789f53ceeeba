/** Computes how old the positions are that players see. */

/** The state of the screen is looked at this often, which is more often than any screen shows it. */
const LOOK_EVERY_MS = 5;

/**
 * Returns the staleness at each look from `from` to `to`: the time since the newest position that had arrived was made.
 * @param {import('./player.mjs').Sightings} sightings
 * @param {number} from
 * @param {number} to
 */
export function stalenessOf(sightings, from, to) {
  const looks = [];
  let index = -1;
  for (let at = from; at < to; at += LOOK_EVERY_MS) {
    while ((sightings[index + 1]?.[0] ?? Number.POSITIVE_INFINITY) <= at) index += 1;
    looks.push(at - (sightings[index]?.[1] ?? Number.NEGATIVE_INFINITY));
  }
  return looks;
}

/**
 * The smallest value that is at least as large as this share of the values. @param {Float64Array} sorted @param
 * {number} share
 */
function quantile(sorted, share) {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** @param {readonly number[]} values */
export function summarise(values) {
  const sorted = Float64Array.from(values).sort();
  return { count: sorted.length, median: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), max: quantile(sorted, 1) };
}

/**
 * Counts the packets of a flow that are large enough for a message.
 * @param {import('./network.mjs').Sizes} sizes
 * @param {number} least
 */
export function countLarge(sizes, least) {
  const total = { packets: 0, lost: 0, bytes: 0, bytesMax: 0, small: 0 };
  for (const [size, [passed, lost]] of Object.entries(sizes)) {
    if (Number(size) < least) {
      total.small += passed + lost;
      continue;
    }
    total.packets += passed + lost;
    total.lost += lost;
    total.bytes += Number(size) * (passed + lost);
    total.bytesMax = Math.max(total.bytesMax, Number(size));
  }
  return total;
}
