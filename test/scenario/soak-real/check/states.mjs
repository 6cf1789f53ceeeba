// Checks the states of the home that servers tell: at the start, and while the broker gives no answers. Checks how long
// they know a process that has ended.

/** Milliseconds for which an answer of the broker may be on its way to a server. */
const ON_THE_WAY_MS = 1_000;
/** Milliseconds for which a server that was catching up by then may still read the answers that have arrived. */
const UNREAD_MS = 3_000;
/**
 * Milliseconds after its end in which a process is gone for the others: those of docs/backplanes.md, and two more for a
 * home or a link that is slow.
 */
const GONE_MS = 10_000;
/** Milliseconds after a new link to the home for which a process takes nobody for gone. */
const NEW_LINK_MS = 3_000;

/**
 * Returns the faults. `states` are those that servers have told, the first of each as `isFirst`. `silences` are the
 * times in which the broker answered nobody.
 */
export function checkStates(states, silences, isRemote) {
  const expected = isRemote ? 'connecting' : 'up';
  const faults = states
    .filter(({ isFirst, state }) => isFirst && state !== expected)
    .map(({ boot, state }) => `server ${boot} was "${state}" when it had just started`);
  for (const [index, { boot, at, state }] of isRemote ? states.entries() : []) {
    const silence = silences.find(({ from, to }) => at > from + ON_THE_WAY_MS && at < to);
    const before = states.slice(0, index).findLast((each) => each.boot === boot);
    const hadAnswers = silence && before?.state === 'catching-up' && before.at < silence.from + ON_THE_WAY_MS;
    if (state === 'up' && hadAnswers && at < silence.from + UNREAD_MS) continue;
    if (silence && ['up', 'catching-up'].includes(state))
      faults.push(`server ${boot} became "${state}" ${at - silence.from} ms after its broker had fallen silent`);
  }
  return faults;
}

/**
 * Finds calls that name a process as missing which ended long ago. A server whose link to the home has just changed has
 * to look anew. `states` are those that servers have told.
 */
export function checkGone({ questions, sides, fetches, lives }, states) {
  const ends = new Map([...lives.values()].map(({ node, to, goneAt = to }) => [node, goneAt]));
  const isNew = (boot, time) =>
    states.some((each) => each.boot === boot && each.at <= time && each.at > time - GONE_MS - NEW_LINK_MS);
  return [...questions, ...sides, ...fetches].flatMap(({ boot, from, error, missing = error?.missing ?? [] }) =>
    missing.flatMap((node) => {
      const lateMs = from - (ends.get(node) ?? Number.POSITIVE_INFINITY);
      return lateMs > GONE_MS && !isNew(boot, from)
        ? [`server ${boot} still knew ${node} ${lateMs} ms after its end`]
        : [];
    }),
  );
}
