/** Joins the parts of a whole run, and tells why its results must not be written. */
import { PICTURES, rowIdsOf } from '../pictures/pictures.mjs';
import { ROUNDS_MIN } from '../summary.mjs';

/** A rate is measured for so many seconds at least. */
const SECONDS_MIN = 3;

/**
 * The measurements of one part of a whole run so far.
 * @typedef {object} Part
 * @property {number} part
 * @property {number} of
 * @property {string} commit
 * @property {Record<string, string>} facts
 * @property {{ seconds: number, isQuick: boolean, rounds: number }} settings
 * @property {Record<string, import('../rounds.mjs').RowResult>} rows by id
 */

/**
 * Returns the results of all parts, and the facts about them.
 * @param {readonly Part[]} parts
 */
export function joinParts(parts) {
  const [first] = parts;
  if (first === undefined) throw new RangeError('there is no part to join');
  const facts = { ...first.facts };
  for (const name of ['date', 'kernel', 'load average before the run', 'other work on the machine during the run'])
    if (parts.some((part) => part.facts[name] !== facts[name]))
      facts[name] = parts.map(({ part, of, facts }) => `part ${part}/${of}: ${facts[name]}`).join('; ');
  /** @type {Record<string, import('../rounds.mjs').RowResult>} */
  const rows = Object.assign({}, ...parts.map((part) => part.rows));
  const machines = byMachine(Object.entries(rows));
  if (machines.size > 1)
    facts.machine = [...machines].map(([machine, ids]) => `${machine}: ${ids.join(', ')}`).join('; ');
  return { facts, rows };
}

/**
 * Returns the ids of rows by the machine on which they were measured.
 * @param {readonly (readonly [id: string, row: import('../rounds.mjs').RowResult])[]} rows
 */
function byMachine(rows) {
  /** @type {Map<string, string[]>} */
  const machines = new Map();
  for (const [id, { machine }] of rows) machines.set(machine, [...(machines.get(machine) ?? []), id]);
  return machines;
}

/**
 * Returns the pictures whose rows are from different machines. A ratio is made within a row, but a picture compares
 * rates of several rows.
 * @param {Record<string, import('../rounds.mjs').RowResult>} results
 */
function mixedPictures(results) {
  return PICTURES.flatMap((picture) => {
    const machines = byMachine(rowIdsOf(picture).flatMap((id) => (results[id] ? [[id, results[id]]] : [])));
    return machines.size > 1
      ? [`${picture.file} (${[...machines.values()].map((its) => its.join(', ')).join('; ')})`]
      : [];
  });
}

/**
 * Returns the reasons why these parts must not become RESULTS.md.
 * @param {readonly Part[]} parts
 * @param {readonly import('../rows.mjs').Row[]} rows all that there are
 * @param {(commit: string) => readonly string[]} changedSince the files of the source that have changed since a commit
 * @returns {string[]}
 */
export function whyNotWritten(parts, rows, changedSince) {
  const results = joinParts(parts).rows;
  const missing = rows.filter(({ id }) => results[id] === undefined).map(({ id }) => id);
  const short = rows.filter(({ id }) => roundsOf(results[id]) < ROUNDS_MIN && results[id] !== undefined);
  const mixed = mixedPictures(results);
  const [{ settings }] = /** @type {[Part]} */ (parts);
  return [
    ...(missing.length > 0 ? [`rows are missing: ${list(missing)}`] : []),
    ...(short.length > 0 ? [`rows have fewer than ${ROUNDS_MIN} rounds: ${list(short.map(({ id }) => id))}`] : []),
    ...(mixed.length > 0 ? [`pictures compare rows from different machines: ${mixed.join('; ')}`] : []),
    ...(settings.isQuick || settings.seconds < SECONDS_MIN ? ['the measurements were too short'] : []),
    ...[...new Set(parts.map(({ commit }) => commit))].flatMap((commit) => {
      const newer = changedSince(commit);
      return newer.length > 0
        ? [`the source has changed since ${commit.slice(0, 8)} was measured: ${list(newer)}`]
        : [];
    }),
  ];
}

/**
 * Returns the rounds with a result. A peer that is missing does not count, because the row has the other targets.
 * @param {import('../rounds.mjs').RowResult | undefined} result
 */
function roundsOf(result) {
  if (result === undefined) return 0;
  return new Set(result.samples.map(({ round }) => round)).size;
}

/** @param {readonly string[]} names */
function list(names) {
  return names.length > 8 ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} more` : names.join(', ');
}
