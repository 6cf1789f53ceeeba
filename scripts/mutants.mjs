// npm run soak -- --mutants: makes a deliberate defect for each promise of the documents, and some of the state tables,
// and looks whether its check notices it.
//
// Options: --only ID,ID (all of them by default), --jobs N (1), --list, --tables N (20): the defects of tables, drawn
// from --seed (1). Exit code 1 when a defect is not caught. Everything happens in a copy of the repository in a
// temporary folder. CONTRIBUTING.md says how to add a promise with its defect.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { importTyped } from '../test/kit/programs/import-typed.mjs';
import { endChecks } from './mutants/checks.mjs';
import { findUnsound, runMutants } from './mutants/run-mutants.mjs';
import { drawTableMutants } from './mutants/table-mutants.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

const { values } = parseArgs({
  options: {
    mutants: { type: 'boolean' },
    only: { type: 'string' },
    jobs: { type: 'string', default: '1' },
    list: { type: 'boolean' },
    tables: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
  },
});
/** The sources of mutants. Each returns a list of `{ id, mutant: { in, find, put }, check }`. */
const sources = {
  promises: async () => (await importTyped('test/promises/table.ts')).promises,
  tables: () => drawTableMutants(root, { seed: Number(values.seed), count: Number(values.tables) }),
};
const only = values.only?.split(',').map((id) => id.trim());
const jobs = Number(values.jobs);

const lists = await Promise.all(Object.values(sources).map((read) => read()));
const all = lists.flat();
const unknown = only?.filter((id) => !all.some((each) => each.id === id)) ?? [];
if (unknown.length > 0 || !(Number.isSafeInteger(jobs) && jobs >= 1 && jobs <= 64)) {
  for (const id of unknown) console.error(`There is no mutant "${id}". --list shows all of them.`);
  console.error(
    'npm run soak -- --mutants [--only ID,ID] [--jobs N] [--list] [--tables N] [--seed N], with 1 to 64 jobs',
  );
  process.exit(2);
}
const chosen = only === undefined ? all : all.filter(({ id }) => only.includes(id));
if (values.list) {
  for (const { id, mutant, check } of chosen)
    console.log(`${id}  packages/${mutant.in}  ${check.file ?? `a soak of the seeds ${check.seeds}`}`);
  process.exit(0);
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
process.once('exit', endChecks);

const since = performance.now();
const unsound = await findUnsound(root, chosen);
for (const name of unsound) console.log(`FAILS WITHOUT A DEFECT  ${name}`);
const onResult = (id, outcome, seconds) => console.log(`${outcome}  ${id} (${seconds.toFixed(1)} s)`);
const missed = await runMutants(root, chosen, { jobs, onResult });
const minutes = ((performance.now() - since) / 60_000).toFixed(1);
console.log(`${chosen.length - missed.length} of ${chosen.length} mutants were caught, in ${minutes} minutes.`);
if (missed.length > 0) console.log(`Not caught: ${missed.join(', ')}`);
process.exitCode = missed.length + unsound.length === 0 ? 0 : 1;
