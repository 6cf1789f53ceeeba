/**
 * `npm run bench -- --all`: the parts of a whole run, one after another. Each part has a file, to which every finished
 * row is added, so an interrupted part goes on where it was. The last part joins all of them.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { joinParts, whyNotWritten } from './join.mjs';
import { minutesOf, PART_MINUTES, planParts } from './plan.mjs';

/**
 * The machine and the source around a whole run.
 * @typedef {object} Surroundings
 * @property {string} folder of the files of the parts
 * @property {(row: import('../rows.mjs').Row, isOver: () => boolean) => Promise<import('../rounds.mjs').RowResult |
 * undefined>} runRow
 * @property {() => () => Record<string, string>} watch begins to watch the machine
 * @property {() => string} headCommit
 * @property {(commit: string) => readonly string[]} changedSince the files of the source that have changed since
 * @property {(line: string) => void} say
 */

/**
 * Runs the parts that are wanted. Returns the results of all parts, and the reasons why they must not be written, or
 * nothing while rows are missing.
 * @param {readonly import('../rows.mjs').Row[]} rows those that are chosen
 * @param {readonly import('../rows.mjs').Row[]} all
 * @param {import('./join.mjs').Part['settings'] & { part?: { part: number, of: number } | undefined }} settings
 * @param {Surroundings} around
 */
export async function runParts(rows, all, { part: wanted, ...settings }, around) {
  const { say, changedSince } = around;
  const changed = changedSince('HEAD');
  if (changed.length > 0)
    throw new Error(`Commit the source first, because results belong to a commit: ${changed.join(', ')}`);
  const plan = planParts(rows, { seconds: settings.seconds, of: wanted?.of });
  const of = plan.length;
  for (const [index, its] of plan.entries()) {
    const part = index + 1;
    if (wanted !== undefined && wanted.part !== part) continue;
    say(`part ${part}/${of}: ${its.length} rows, about ${Math.ceil(minutesOf(its, settings.seconds))} minutes`);
    if (await runPart({ part, of, rows: its, settings }, around)) continue;
    say(`The part has had its ${PART_MINUTES} minutes. Start it again for the other rows.`);
    return undefined;
  }
  const parts = plan.map((_, index) => readPart(index + 1, of, settings, around));
  const missing = plan.flatMap((its, index) => (its.every(({ id }) => parts[index]?.rows[id]) ? [] : [index + 1]));
  if (missing.length > 0) {
    say(`To do: ${missing.map((part) => `--part ${part}/${of}`).join(', ')}`);
    return undefined;
  }
  const finished = parts.filter((part) => part !== undefined);
  return { ...joinParts(finished), reasons: whyNotWritten(finished, all, changedSince) };
}

/**
 * Runs the rows of a part that its file does not have. Returns whether all are there.
 * @param {{ part: number, of: number, rows: readonly import('../rows.mjs').Row[], settings:
 * import('./join.mjs').Part['settings'] }} wanted
 * @param {Surroundings} around
 */
async function runPart({ part, of, rows, settings }, around) {
  const endAt = Date.now() + PART_MINUTES * 60_000;
  const before = readPart(part, of, settings, around);
  const endWatch = around.watch();
  /** @type {import('./join.mjs').Part} */
  const own = { part, of, commit: around.headCommit(), settings, facts: {}, rows: { ...before?.rows } };
  for (const row of rows) {
    if (own.rows[row.id] !== undefined) continue;
    const result = await around.runRow(row, () => Date.now() >= endAt);
    if (result === undefined) return false;
    own.rows[row.id] = result;
    // The facts are those of the last start. The machine and the other work of each row stand beside the row.
    own.facts = endWatch();
    mkdirSync(around.folder, { recursive: true });
    writeFileSync(fileOf(around.folder, part, of), `${JSON.stringify(own)}\n`);
  }
  return true;
}

/**
 * Returns a part that was measured on this source and with these settings.
 * @param {number} part
 * @param {number} of
 * @param {import('./join.mjs').Part['settings']} settings
 * @param {Surroundings} around
 * @returns {import('./join.mjs').Part | undefined}
 */
function readPart(part, of, settings, { folder, changedSince }) {
  const file = fileOf(folder, part, of);
  if (!existsSync(file)) return undefined;
  const own = JSON.parse(readFileSync(file, 'utf8'));
  const isSame = JSON.stringify(own.settings) === JSON.stringify(settings);
  return isSame && changedSince(own.commit).length === 0 ? own : undefined;
}

/** @param {string} folder @param {number} part @param {number} of */
function fileOf(folder, part, of) {
  return join(folder, `part-${part}-of-${of}.json`);
}
