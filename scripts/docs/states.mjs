// Draws the tables of state machines for the documents, so that they cannot differ.

/**
 * Returns `[event, next state]` of each transition of a state. The next state stands alone, or with the actions of the
 * transition.
 */
const exitsOf = (transitions) =>
  Object.entries(transitions).map(([event, next]) => [event, typeof next === 'string' ? next : next.to]);

const idOf = (state) => state.replaceAll(' ', '_');

/** Returns an arrow for each next state, with the events that lead there. */
function arrowsOf(from, exits) {
  const eventsTo = (next) => exits.filter(([, to]) => to === next).map(([event]) => event);
  const next = [...new Set(exits.map(([, to]) => to))];
  return next.map((to) => `${idOf(from)} --> ${idOf(to)}: ${eventsTo(to).join(', ')}`);
}

/**
 * Draws a table of states as a diagram of Mermaid. Transitions to a last state that all other states share begin at a
 * frame around these. The frame has the name `shared`.
 */
export function drawStates(table, first, shared) {
  const states = Object.keys(table);
  const exits = Object.fromEntries(states.map((state) => [state, exitsOf(table[state])]));
  const inner = states.filter((state) => exits[state].length > 0);
  const isShared = ([event, to]) =>
    shared !== undefined &&
    exits[to].length === 0 &&
    inner.every((state) => exits[state].some((exit) => exit[0] === event && exit[1] === to));
  const named = inner.filter((state) => state !== idOf(state)).map((state) => `state "${state}" as ${idOf(state)}`);
  const own = inner.flatMap((state) =>
    arrowsOf(
      state,
      exits[state].filter((exit) => !isShared(exit)),
    ),
  );
  const body = [...named, `[*] --> ${idOf(first)}`, ...own];
  const framed = arrowsOf(shared ?? '', exits[first].filter(isShared));
  const lines = framed.length > 0 ? [`state ${shared} {`, ...body.map((line) => `  ${line}`), '}', ...framed] : body;
  return ['```mermaid', 'stateDiagram-v2', ...lines.map((line) => `  ${line}`), '```'].join('\n');
}
