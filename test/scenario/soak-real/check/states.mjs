// Checks the states of the home that servers tell: at the start, and while the broker gives no answers.

/** Milliseconds for which an answer of the broker may be on its way to a server. */
const ON_THE_WAY_MS = 1_000;

/**
 * Returns the faults. `states` are those that servers have told, the first of each as `isFirst`. `silences` are the
 * times in which the broker answered nobody.
 */
export function checkStates(states, silences, isRemote) {
  const expected = isRemote ? 'connecting' : 'up';
  const faults = states
    .filter(({ isFirst, state }) => isFirst && state !== expected)
    .map(({ boot, state }) => `server ${boot} was "${state}" when it had just started`);
  for (const { boot, at, state } of isRemote ? states : []) {
    const silence = silences.find(({ from, to }) => at > from + ON_THE_WAY_MS && at < to);
    if (silence && ['up', 'catching-up'].includes(state))
      faults.push(`server ${boot} became "${state}" ${at - silence.from} ms after its broker had fallen silent`);
  }
  return faults;
}
