// npm run docs: writes what documents take from the source. These are the tables of options, error codes, taps and
// metrics, and the drawings of ARCHITECTURE.md. The tables of docs/transports.md come from the contract's results, and
// the files in api/ from the build. `npm test` finds an outdated table.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const writers = {
  'the tables of options': 'test/docs/options.test.ts',
  'the drawings of ARCHITECTURE.md': 'test/docs/states.test.ts',
  'the figures from bench/RESULTS.md': 'test/docs/figures/figures.test.ts',
  'docs/errors.md': 'test/docs/errors.test.ts',
  'the tables of docs/debugging.md': 'test/docs/taps.test.ts',
  'the tables of docs/metrics.md': 'test/docs/metrics.test.ts',
  'the way of a broadcast in ARCHITECTURE.md': 'test/docs/broadcast-path.test.ts',
  'docs/transports.md': 'test/conformance/transports/table.test.ts',
  'the public API in api/': 'test/package/api.test.ts',
};

for (const [what, test] of Object.entries(writers)) {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const { status } = spawnSync(process.execPath, [vitest, 'run', test], {
    cwd: root,
    env: { ...process.env, NARU_WRITE_DOCS: '1' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  console.log(`${what}: ${status === 0 ? 'up to date' : `outdated; npm test -- ${test} shows the reason`}`);
  if (status !== 0) process.exitCode = status ?? 1;
}
