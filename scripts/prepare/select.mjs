// Selects the test files for the words of a command line, and finds the parts that must be built before they run.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

/** Options of vitest whose value is the next word. Every other word without a dash is a path. */
const valued = new Set([
  '-t',
  '--testNamePattern',
  '--bail',
  '--exclude',
  '--maxWorkers',
  '--pool',
  '--reporter',
  '--retry',
  '--shard',
  '--testTimeout',
]);

/** The steps of a build, from the smallest to the largest. Each one contains the previous ones. */
const builds = ['nothing', 'modules', 'package', 'apps'];

/** Divides the words of a command line into options of vitest and paths. */
export function readWords(words) {
  const [options, paths] = [[], []];
  for (let index = 0; index < words.length; index++) {
    const word = words[index];
    if (!word.startsWith('-')) paths.push(word);
    else options.push(word);
    if (valued.has(word) && index + 1 < words.length) options.push(words[++index]);
  }
  return { options, paths };
}

/** Returns every test file of the project, its packages and its apps, as sorted paths with slashes. */
export function listTests(root) {
  const list = (folder) => (existsSync(join(root, folder)) ? readdirSync(join(root, folder), { recursive: true }) : []);
  const inside = (folder) =>
    list(folder)
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => `${folder}/${name.replaceAll(sep, '/')}`);
  const within = (area) => (existsSync(join(root, area)) ? readdirSync(join(root, area)) : []);
  const of = (area) => within(area).map((name) => `${area}/${name}/test`);
  return ['test', ...of('packages'), ...of('apps')].flatMap(inside).sort();
}

/**
 * Turns one path of a command line into a filter for vitest: relative to the root, with slashes, without a line number.
 * A source becomes the test at its mirrored path.
 */
function toFilter(root, path) {
  const bare = path.replace(/:\d+$/, '');
  const full = resolve(root, bare);
  const local = full === root || full.startsWith(root + sep) ? relative(root, full) : bare;
  const filter = local.replaceAll(sep, '/');
  const mirrored = /^((?:apps|packages)\/[^/]+)\/src(\/.*)?$/.exec(filter);
  if (mirrored === null) return filter;
  const [, project, rest = ''] = mirrored;
  return `${project}/test${rest.replace(/\.tsx?$/, '.test.ts')}`;
}

/** Returns the test files for `paths`, their filters for vitest, and the paths without a matching file. */
export function selectTests(root, tests, paths) {
  const filters = paths.map((path) => toFilter(root, path));
  const matches = (filter) => tests.filter((test) => test.toLowerCase().includes(filter.toLowerCase()));
  const selected = new Set(filters.flatMap(matches));
  return {
    files: tests.filter((test) => selected.has(test)),
    filters,
    unmatched: paths.filter((_, index) => matches(filters[index]).length === 0),
  };
}

/** Returns test files or folders whose names resemble the end of `path`, at most `countMax`. */
export function suggest(tests, path, countMax = 5) {
  const last = path.split('/').filter(Boolean).at(-1) ?? '';
  const word = last.replace(/(\.test)?\.[tj]sx?$/, '').toLowerCase();
  const near = tests.filter((test) => word !== '' && test.toLowerCase().includes(word));
  if (near.length > 0) return near.slice(0, countMax);
  return [...new Set(tests.map((test) => test.split('/').slice(0, 2).join('/')))].filter(
    (name) => !name.endsWith('.ts'),
  );
}

function readImports(text) {
  const isImported = /^(?!import type).*(?:\bfrom |^import |import\(|require\()\s*['"]@?naru(?:\/[\w/-]+)?['"]/m.test(
    text,
  );
  return isImported ? 'modules' : 'nothing';
}

function readLiteral(literal) {
  if (/dist\/(cjs|client)\//.test(literal)) return 'package';
  if (/dist\/esm\//.test(literal)) return 'modules';
  // The server of an app, built from the app's sources.
  return /\/dist\/server\.js$/.test(literal) && !literal.startsWith('.') ? 'apps' : 'nothing';
}

/** Returns the need of one file: the smallest sufficient build, and the files that it leads to. */
function readNeeds(root, path) {
  const text = readFileSync(join(root, path), 'utf8');
  // A marker is for needs that the imports do not show, such as a server that serves files of dist.
  const marker = /^\/\/ needs: (nothing|modules|package|apps)$/m.exec(text);
  const needs = [marker === null ? readImports(text) : marker[1]];
  const leadsTo = [];
  for (const [, literal] of text.matchAll(/['"`]([^'"`\n]{2,200})['"`]/g)) {
    if (marker === null) needs.push(readLiteral(literal));
    const file = findFile(root, dirname(path), literal);
    if (file !== undefined) leadsTo.push(file);
  }
  return { need: Math.max(...needs.map((name) => builds.indexOf(name))), leadsTo };
}

/** Returns the file of the tests or of an app for a literal in `folder`. Sources of the package never need a build. */
function findFile(root, folder, literal) {
  if (!/^[\w./-]+\.(?:[cm]?js|[cm]?ts|tsx)$/.test(literal)) return undefined;
  const name = literal.replace(/^naru-apps-kit\//, 'apps/kit/');
  for (const base of name.startsWith('.') ? [folder] : [folder, '.']) {
    const path = relative(root, resolve(root, base, name)).replaceAll(sep, '/');
    if (!/^(?:test|apps|packages\/[\w-]+\/test)\//.test(path) || /(?:^|\/)(?:dist|node_modules)\//.test(path)) continue;
    const candidates = [path, path.replace(/js$/, 'ts'), path.replace(/js$/, 'tsx')];
    const found = candidates.find((each) => existsSync(join(root, each)) && statSync(join(root, each)).isFile());
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Returns the smallest build that is sufficient for `files` and for the files that they import, start and name. */
export function findNeed(root, files) {
  const seen = new Set(files);
  let most = 0;
  for (const path of seen) {
    const { need, leadsTo } = readNeeds(root, path);
    most = Math.max(most, need);
    for (const next of leadsTo) seen.add(next);
  }
  return builds[most];
}
