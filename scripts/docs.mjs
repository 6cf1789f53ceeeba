// npm run docs: makes the tables of options in the documents anew, from the source. `npm test` finds one that is out of date.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fillTables, makeTables } from './docs/tables.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const tables = makeTables(root);

for (const file of ['SECURITY.md', 'docs/options.md']) {
  const before = readFileSync(join(root, file), 'utf8');
  const after = fillTables(before, tables);
  if (after !== before) writeFileSync(join(root, file), after);
  console.log(`${file}: ${after === before ? 'up to date' : 'written'}`);
}
