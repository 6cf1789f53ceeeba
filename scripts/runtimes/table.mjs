// Formats the outcome of `npm run test:runtimes` as a table, and as a list of failures.

/**
 * Reads the lines that a runtime wrote: the outcome of each scene by name, and the enabled parts of Node's internals.
 */
export function readOutcomes(text) {
  const outcomes = new Map();
  let parts;
  for (const line of text.split('\n').filter((each) => each.startsWith('{'))) {
    const { scene, ...about } = JSON.parse(line);
    if (scene === undefined) parts = about.parts;
    else outcomes.set(scene, about);
  }
  return { outcomes, parts };
}

/**
 * Makes a table of runtimes and scenes, with the reason for every cell that is not ok. A scene without an outcome has
 * failed.
 */
export function tabulate(scenes, runtimes) {
  const notes = [];
  const rows = [['', ...runtimes.map(({ name }) => name)]];
  for (const scene of scenes) {
    const cells = runtimes.map(({ name, outcomes, ended }) => {
      const { outcome, note } = outcomes.get(scene) ?? { outcome: 'failed', note: `no outcome (${ended})` };
      if (outcome !== 'ok') notes.push(`${outcome === 'failed' ? 'FAILED ' : 'skipped'}  ${name}: ${scene}: ${note}`);
      return outcome === 'failed' ? 'FAILED' : outcome;
    });
    rows.push([scene, ...cells]);
  }
  const on = ({ parts = {} }) => Object.keys(parts).filter((part) => parts[part]).length;
  rows.push(['parts of Node’s internals', ...runtimes.map((each) => `${on(each)} of 5`)]);
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const table = rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
  return { table, notes, isOk: !notes.some((note) => note.startsWith('FAILED')) };
}
