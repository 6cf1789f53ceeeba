import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const root = fileURLToPath(new URL('.', import.meta.url));
const inRoot = (path: string): string => root + path;

const NOT_TESTS = ['**/node_modules/**', '**/dist/**'];

/** Where tests and sources find the entries of packages: in the sources, so that each module is there once. */
const ENTRIES = [
  { find: /^naru$/, replacement: inRoot('packages/naru/src/entry/index.ts') },
  { find: /^naru\/((?!package\.json).+)$/, replacement: inRoot('packages/naru/src/entry/$1.ts') },
  { find: /^@naru\/([\w-]+)$/, replacement: inRoot('packages/$1/src/entry/index.ts') },
  { find: /^@naru\/([\w-]+)\/((?!package\.json).+)$/, replacement: inRoot('packages/$1/src/entry/$2.ts') },
];

/**
 * The suites of code that uses Node's internals. They run a second time without the internals, and share the modules of
 * a worker then.
 */
const PLAIN = [
  'packages/naru/test/transport/{polling,sse,plain-http}/**/*.test.ts',
  'packages/naru/test/server/engine/*.test.ts',
  'packages/naru/test/server/endpoints/events*.test.ts',
  'packages/naru/test/wires/events/*.test.ts',
  'test/conformance/{sse,events}/*.test.ts',
  'test/conformance/transports/table.test.ts',
];

/**
 * The suites that change no globals and do not ask what this process has said already. Their files share the modules of
 * a worker, because to load them anew for each file takes longer than the tests.
 */
const TOGETHER = [
  'packages/naru/test/namespace/*.test.ts',
  'packages/naru/test/namespace/!(remote)/**/*.test.ts',
  'packages/naru/test/protocol/!(websocket)/**/*.test.ts',
  'packages/naru/test/transport/*/**/*.test.ts',
  'packages/naru/test/{backplane,server,session,wires}/**/*.test.ts',
  'packages/{broker,explain,nats,net,redis,stomp,testing,webtransport}/test/**/*.test.ts',
  'packages/cli/test/connect/**/*.test.ts',
  'packages/udp/test/!(data-channel|client)/**/*.test.ts',
  'apps/{arena,kit,underworld}/test/**/*.test.ts',
  'test/{fuzz,scenario/{brokers,late,nodes,soak-real/check}}/**/*.test.ts',
];

/** Files that start first: they are small and take long, and vitest would begin them when the others are done. */
const FIRST = /test\/scenario\/(lossy|soak-broker|soak-real)\.test\.ts$/;

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isFirst = ({ moduleId }: TestSpecification): boolean => FIRST.test(moduleId);
    return [...sorted.filter(isFirst), ...sorted.filter((file) => !isFirst(file))];
  }
}

export default defineConfig({
  resolve: { alias: ENTRIES },
  test: {
    exclude: NOT_TESTS,
    root,
    // High, because it only has to end tests that hang. A machine that runs all files at once may be late by many seconds.
    testTimeout: 30_000,
    sequence: { sequencer: LongFirst },
    // Three files run at once even on two cores, because many tests wait for another process. Four keep both cores so
    // busy with browsers that tests with video run out of time.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    // The lines of servers on other nodes that come and go.
    onConsoleLog: (log) => !/^naru [\w-]{8}: /.test(log),
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          include: ['test/**/*.test.ts', '{apps,packages}/*/test/**/*.test.ts'],
          exclude: [...NOT_TESTS, ...TOGETHER],
        },
      },
      { extends: true, test: { name: 'together', include: TOGETHER, isolate: false } },
      { extends: true, test: { name: 'plain', include: PLAIN, setupFiles: ['test/plain-node.ts'], isolate: false } },
    ],
  },
});
