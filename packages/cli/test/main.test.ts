import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'oxc-parser';
import { beforeAll, expect, it } from 'vitest';
import { build, startNaru } from '../../../test/kit/programs/naru.js';

beforeAll(build);

const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

it('passes its arguments on', async () => {
  expect(await startNaru(['--version']).ended).toEqual({ code: 0, signal: null, stdout: `${version}\n`, stderr: '' });
});

it('runs as a program by its name', () => {
  const file = new URL('../dist/esm/main.js', import.meta.url);
  expect(readFileSync(file, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  if (process.platform !== 'win32') expect(statSync(file).mode & 0o111).toBe(0o111);
});

it('loads few files before it serves, because a worker loads them all before it takes traffic', () => {
  const found = new Set<string>();
  const visit = (file: string): void => {
    if (found.has(file)) return;
    found.add(file);
    const { staticImports, staticExports } = parseSync(file, readFileSync(file, 'utf8')).module;
    const requests = [
      ...staticImports.map(({ moduleRequest }) => moduleRequest.value),
      ...staticExports.flatMap(({ entries }) => entries.map((entry) => entry.moduleRequest?.value)),
    ];
    for (const request of requests) if (request?.startsWith('.')) visit(join(dirname(file), request));
  };
  visit(fileURLToPath(new URL('../dist/esm/main.js', import.meta.url)));
  expect(found.size).toBeLessThan(50);
});
