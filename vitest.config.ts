import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Suites of what passes through Node's internals, which run without them too. */
const PLAIN = [
  'test/transport/{polling,sse,plain-http}/**/*.test.ts',
  'test/server/engine/*.test.ts',
  'test/server/endpoints/events*.test.ts',
  'test/wires/events/*.test.ts',
  'test/conformance/{sse,events}/*.test.ts',
  'test/conformance/transports/table.test.ts',
];

export default defineConfig({
  test: {
    exclude: ['**/node_modules/**', '**/dist/**'],
    root: fileURLToPath(new URL('.', import.meta.url)),
    // A bound for what hangs, and no measure: a machine that runs all files at once may be late by many seconds.
    testTimeout: 30_000,
    // Many tests wait for another process, so two files run at once even where Vitest would leave a core free.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    projects: [
      { extends: true, test: { name: 'node', include: ['test/**/*.test.ts', 'apps/*/test/**/*.test.ts'] } },
      { extends: true, test: { name: 'plain', include: PLAIN, setupFiles: ['test/plain-node.ts'] } },
    ],
  },
});
