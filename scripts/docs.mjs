// npm run docs: makes the tables of options in the documents anew, from the source, and those of docs/transports.md by trying what they
// say. `npm test` finds one that is out of date.
import { spawnSync } from 'node:child_process';
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

const vitest = join(root, 'node_modules/vitest/vitest.mjs');
const { status } = spawnSync(process.execPath, [vitest, 'run', 'test/conformance/transports/table.test.ts'], {
  cwd: root,
  env: { ...process.env, NARU_WRITE_DOCS: '1' },
  stdio: ['ignore', 'ignore', 'inherit'],
});
console.log(
  `docs/transports.md: ${status === 0 ? 'tried and written' : 'a transport broke its contract (npm test says which)'}`,
);
process.exitCode = status ?? 1;
