/** The rows that are compared, each with a target. */

/**
 * Returns the chosen rows with their targets. Without `targets`, a row has the one target of Naru by which it is
 * judged.
 * @param {readonly import('../rows.mjs').Row[]} rows
 * @param {{ only?: readonly string[] | undefined, targets?: readonly string[] | undefined }} settings
 */
export function choosePairs(rows, { only = [], targets }) {
  const unknown = only.filter((name) => !rows.some(({ id, group }) => name === id || name === group));
  if (unknown.length > 0)
    throw new RangeError(`Option "--only" must name rows or groups (see --list), got "${unknown}".`);
  // Some groups are called like one of their rows. The name then means the row.
  const groups = only.filter((name) => !rows.some(({ id }) => name === id));
  const pairs = rows
    .filter(({ id, group }) => only.includes(id) || groups.includes(group))
    .flatMap((row) => targetsOf(row, targets).map((target) => ({ row, target })));
  if (pairs.length === 0) throw new RangeError(`Option "--targets" must name targets of the rows, got "${targets}".`);
  return pairs;
}

/** @param {import('../rows.mjs').Row} row @param {readonly string[] | undefined} wanted */
function targetsOf({ targets, compare: [judged] = ['naru', ''] }, wanted) {
  const all = wanted ?? [judged];
  return targets.filter((target) => all.includes(target));
}
