/** A program of a document imports only packages that its page installs, and an application those that it declares. */
import { isBuiltin } from 'node:module';
import { expect, it } from 'vitest';
import { packageIn } from '../tidy/imports.js';
import { listFiles, readText } from '../tidy/source.js';
import { listBlocks, pages } from './pages.js';

const files = listFiles();

/** Returns the package of a specifier, or `undefined` for files and for parts of Node. */
function packageOf(specifier: string): string | undefined {
  if (/^[./]/.test(specifier) || isBuiltin(specifier)) return undefined;
  return packageIn(specifier);
}

/** Returns the packages that programs import. */
function importedBy(text: string): string[] {
  const found = text.matchAll(/(?:\bfrom |\bimport |\bimport\(|\brequire\()'([^'\n]+)'/g);
  return [...new Set([...found].flatMap(([, specifier = '']) => packageOf(specifier) ?? []))];
}

/** Returns the programs of a page that stand in blocks. */
const programsOf = (text: string): string =>
  listBlocks('', text)
    .filter(({ language }) => ['ts', 'js', 'html'].includes(language))
    .map((block) => block.text)
    .join('\n');

/** Returns the packages that the commands of a page install. */
function installedBy(text: string): Set<string> {
  const commands = [/`npm install ([^`]+)`/g, /^npm install (.+)$/gm].flatMap((form) =>
    [...text.matchAll(form)].map(([, words = '']) => words),
  );
  return new Set(commands.flatMap((words) => words.split(/\s+/).map((word) => word.replace(/(?<=.)@[\d^~].*$/, ''))));
}

/** Packages that a page needs no command for: the core, and what programs of other projects bring themselves. */
const KNOWN = new Set(['naru', 'react', 'socket.io', 'express']);

it.each(pages)('%s installs what its programs import', (page) => {
  const text = readText(page);
  const installed = installedBy(text);
  const missing = importedBy(programsOf(text)).filter((name) => !KNOWN.has(name) && !installed.has(name));
  expect(missing).toEqual([]);
});

it('finds a package that no command installs', () => {
  const page = "```js\nimport { udp } from '@naru/udp/client'; import fs from 'node:fs'; import './x.js';\n```\n";
  expect(importedBy(programsOf(page))).toEqual(['@naru/udp']);
  expect([...installedBy(`${page}\nRun \`npm install naru @naru/udp@^1.2.3\`.`)]).toEqual(['naru', '@naru/udp']);
});

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** The packages of the repository, which tests of all applications use. */
const { devDependencies: shared } = JSON.parse(readText('package.json')) as Manifest;

it.each(files.filter((path) => /^apps\/[\w-]+\/package\.json$/.test(path)))(
  '%s names what its sources import',
  (path) => {
    const folder = path.replace('package.json', '');
    const { name: own, dependencies, devDependencies } = JSON.parse(readText(path)) as Manifest;
    const named = { [own]: '', ...dependencies, ...devDependencies, ...shared };
    const sources = files.filter((file) => file.startsWith(folder) && /\.(ts|tsx|mjs)$/.test(file));
    const missing = sources.flatMap((file) =>
      importedBy(readText(file)).flatMap((name) => (Object.hasOwn(named, name) ? [] : `${file}: ${name}`)),
    );
    expect(sources.length).toBeGreaterThan(10);
    expect(missing).toEqual([]);
  },
);
