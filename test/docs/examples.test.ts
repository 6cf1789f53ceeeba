import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'rolldown';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Consumer, makeConsumer } from '../package/consumer.js';
import { lineAt, listFiles, readText } from '../tidy/source.js';

let project: Consumer;

beforeAll(() => {
  project = makeConsumer([
    'prom-client',
    '@opentelemetry/api',
    '@opentelemetry/sdk-metrics',
    '@opentelemetry/sdk-trace-base',
    '@opentelemetry/context-async-hooks',
  ]);
}, 60_000);
afterAll(() => project?.remove());

const documents = listFiles().filter((path) => /^(README\.md|docs\/.*\.md)$/.test(path));

/** Returns the examples of a document, each with a file name that says where it is. */
function listExamples(path: string): [name: string, source: string][] {
  const text = readText(path);
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => {
    const name = `${path.replace(/[^\w]/g, '-')}-line-${lineAt(text, match.index)}.ts`;
    return [name, `${match[1]}\nexport {};\n`];
  });
}

describe('the examples in the documents', () => {
  it('compile in a project that has installed the package', () => {
    const files = Object.fromEntries(documents.flatMap(listExamples));
    expect(Object.keys(files).length).toBeGreaterThan(10);
    expect(project.check(files, ['--module', 'nodenext'])).toBe('');
  }, 30_000);

  it.each(listExamples('docs/testing.md'))('do what the document says about tests, in %s', async (name, source) => {
    const input = join(project.folder, name);
    writeFileSync(input, source);
    const { output } = await build({ input, external: (id) => id !== input, write: false, logLevel: 'silent' });
    expect(project.run(name.replace(/ts$/, 'mjs'), output[0].code)).toBe('');
  });
});
