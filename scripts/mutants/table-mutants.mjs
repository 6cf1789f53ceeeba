// Draws defects of the state tables from a seed: a transition is removed, its target is exchanged, or one of its
// actions is left out.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The tables, each with the text at which it begins. */
const tables = [
  { id: 'order', in: 'naru/src/namespace/log/order/order-table.ts', begin: 'export const ORDER' },
  { id: 'reader', in: 'naru/src/namespace/log/reader/reader-table.ts', begin: 'export const READER' },
  { id: 'session', in: 'naru/src/namespace/recovery/session-table.ts', begin: 'export const SESSION' },
];

/** A transition: its event, and its target alone or with actions. */
const transition =
  /(?<event>'[\w ]+'|\w+): (?:(?<state>'\w+')|\{ to: (?<to>'[\w ]+')(?:, run: \[(?<run>[^\]]*)\])? \})/g;

/** Returns a function that gives numbers from 0 up to 1, the same for the same seed. */
function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Returns all defects of a table. Each changes one line, which stands once in the file. */
function defectsOf({ id, in: path, begin }, text) {
  const body = text.slice(text.indexOf(begin), text.indexOf('\n}', text.indexOf(begin)));
  const states = [...new Set([...body.matchAll(transition)].map(({ groups }) => groups.state ?? groups.to))];
  const defects = [];
  const lines = body.split('\n').filter((line) => text.split(line).length === 2);
  for (const [at, line] of lines.entries()) {
    for (const match of line.matchAll(transition)) {
      const { event, state, to = state, run } = match.groups;
      const put = (row) => line.slice(0, match.index) + row + line.slice(match.index + match[0].length);
      const add = (what, row) =>
        defects.push({
          id: `table-${id}-${at}-${event.replace(/\W+/g, '')}-${what}`,
          mutant: { in: path, find: line, put: put(row) },
        });
      add('removed', '');
      for (const other of states)
        if (other !== to)
          add(
            `to-${other.replace(/\W+/g, '')}`,
            match[0].replace(state ?? `to: ${to}`, state ? other : `to: ${other}`),
          );
      for (const action of run?.split(', ') ?? [])
        add(
          `without-${action.replace(/\W+/g, '')}`,
          match[0].replace(
            run,
            run
              .split(', ')
              .filter((each) => each !== action)
              .join(', '),
          ),
        );
    }
  }
  // A removed transition leaves its comma behind.
  for (const { mutant } of defects)
    mutant.put = mutant.put
      .replace(/\{ ?, /, '{ ')
      .replace(', ,', ',')
      .replace(/^(\s*),$/, '$1');
  return defects;
}

/** Draws `count` different defects of the tables. `check` is how each of them is looked for. */
export function drawTableMutants(root, { seed, count, check = { seeds: '1-20', minutes: 60 } }) {
  const random = randomOf(seed);
  const all = tables.flatMap((table) => defectsOf(table, readFileSync(join(root, 'packages', table.in), 'utf8')));
  const drawn = [];
  while (drawn.length < count && all.length > 0) drawn.push(...all.splice(Math.floor(random() * all.length), 1));
  return drawn.map((each) => ({ ...each, check }));
}
