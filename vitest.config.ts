import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const NOT_TESTS = ['**/node_modules/**', '**/dist/**'];

/** The suites of code that uses Node's internals. They run a second time without the internals. */
const PLAIN = [
  'test/transport/{polling,sse,plain-http}/**/*.test.ts',
  'test/server/engine/*.test.ts',
  'test/server/endpoints/events*.test.ts',
  'test/wires/events/*.test.ts',
  'test/conformance/{sse,events}/*.test.ts',
  'test/conformance/transports/table.test.ts',
];

/**
 * The suites that change no globals and do not ask what this process has said already. Their files share the modules of a worker, because
 * to load them anew for each file takes longer than the tests.
 */
const TOGETHER = [
  'test/namespace/!(remote)/**/*.test.ts',
  'test/protocol/!(websocket)/**/*.test.ts',
  'test/transport/!(data-channel)/**/*.test.ts',
  'test/{fuzz,net,server,session,wires}/**/*.test.ts',
];

export default defineConfig({
  test: {
    exclude: NOT_TESTS,
    root: fileURLToPath(new URL('.', import.meta.url)),
    // High, because it only has to end tests that hang. A machine that runs all files at once may be late by many seconds.
    testTimeout: 30_000,
    // Two files run at once even on two cores, because many tests wait for another process.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    // The lines of servers on other nodes that come and go.
    onConsoleLog: (log) => !/^naru [\w-]{8}: /.test(log),
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          include: ['test/**/*.test.ts', 'apps/*/test/**/*.test.ts'],
          exclude: [...NOT_TESTS, ...TOGETHER],
        },
      },
      { extends: true, test: { name: 'together', include: TOGETHER, isolate: false } },
      { extends: true, test: { name: 'plain', include: PLAIN, setupFiles: ['test/plain-node.ts'] } },
    ],
  },
});
