/**
 * Builds of two states of the project, in one folder: the working tree and a commit. The servers of both run the
 * targets of the working tree, and the installed packages of the working tree.
 */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { linkModules } from '../../scripts/prepare/links.mjs';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

/** The files and folders that a build reads. */
const SOURCES = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts'];
/** The folders of sources: of a commit with packages, and of one with a single package. */
const PLACES = ['packages', 'src'];
/** The entries that the single package had. The programs import them from packages. */
const FORMER = {
  local: 'backplane/local',
  redis: 'backplane/redis',
  nats: 'backplane/nats',
  stomp: 'stomp',
  udp: 'udp',
};
/** The programs that start the servers, from the working tree for both sides. */
const HARNESS = 'bench';

/** @param {string[]} args */
async function git(...args) {
  const { stdout } = await run('git', args, { cwd: root });
  return stdout.trim();
}

/**
 * Returns the short hash of a commit and its subject. @param {string} commit a name, such as a hash, a branch or
 * `HEAD~2`
 */
async function describe(commit) {
  return await git('log', '-1', '--format=%h %s', commit);
}

/** Returns the full hash that a name stands for. @param {string} name */
export async function findCommit(name) {
  try {
    return await git('rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`);
  } catch {
    // Git says nothing more about a name that it does not know.
    throw new RangeError(`Option "--against" must name a commit of this repository, got "${name}".`);
  }
}

/**
 * Returns what is compared, in words. A working tree with changes is called dirty.
 * @param {string} commit
 */
export async function describeSides(commit) {
  const changed = (await git('status', '--porcelain', '--', ...SOURCES, 'packages', HARNESS))
    .split('\n')
    .filter(Boolean);
  const state = changed.length === 0 ? 'clean' : `dirty: ${changed.length} changed files`;
  return { this: `${await describe('HEAD')} (working tree, ${state})`, base: await describe(commit) };
}

/**
 * Builds both states below `folder`, which the caller removes. Returns the URLs of their server programs, and whether
 * the commit has other dependencies, which then are those of the working tree.
 * @param {string} folder
 * @param {string} commit
 */
export async function buildSides(folder, commit) {
  const [ours, theirs] = ['this', 'base'].map((side) => join(folder, side));
  if (ours === undefined || theirs === undefined) throw new Error('two sides have two folders');
  mkdirSync(ours, { recursive: true });
  mkdirSync(theirs, { recursive: true });
  const isBuilt = (/** @type {string} */ path) => /[/\\](dist|\.build[^/\\]*)$/.test(path);
  for (const path of [...SOURCES, 'packages'])
    cpSync(join(root, path), join(ours, path), { recursive: true, filter: (each) => !isBuilt(each) });
  const archive = join(folder, 'base.tar');
  const [place] = (await git('ls-tree', '--name-only', commit, '--', ...PLACES)).split('\n');
  await git('archive', '--format=tar', `--output=${archive}`, commit, '--', ...SOURCES, place ?? 'src');
  await run('tar', ['-xf', archive, '-C', theirs]);
  for (const side of [ours, theirs]) await build(side);
  const lockOf = (/** @type {string} */ side) => readFileSync(join(side, 'package-lock.json'), 'utf8');
  const programOf = (/** @type {string} */ side) => pathToFileURL(join(side, 'bench/server-child.mjs')).href;
  return {
    programs: { this: programOf(ours), base: programOf(theirs) },
    hasOtherDependencies: lockOf(ours) !== lockOf(theirs),
  };
}

/** @param {string} side */
async function build(side) {
  const [from, results] = [join(root, HARNESS), join(root, HARNESS, 'out')];
  cpSync(from, join(side, HARNESS), { recursive: true, filter: (path) => path !== results });
  linkModules(root, side);
  if (!existsSync(join(side, 'packages'))) addPackages(side);
  await run(process.execPath, ['scripts/build.mjs', '--only-modules', '--no-apps'], { cwd: side });
}

/**
 * Gives a commit with a single package the others, which re-export its entries.
 * @param {string} side
 */
function addPackages(side) {
  const { exports } = JSON.parse(readFileSync(join(side, 'package.json'), 'utf8'));
  const write = (/** @type {string} */ name, /** @type {object} */ manifest, /** @type {string} */ text) => {
    const folder = join(side, 'packages', name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', ...manifest }));
    if (text) writeFileSync(join(folder, 'index.js'), text);
  };
  write('naru', { name: 'naru', exports }, '');
  symlinkSync(join(side, 'dist'), join(side, 'packages/naru/dist'), 'junction');
  mkdirSync(join(side, '.build.modules/packages/naru'), { recursive: true });
  symlinkSync(join(side, 'dist/esm'), join(side, '.build.modules/packages/naru/src'), 'junction');
  for (const [name, entry] of Object.entries(FORMER))
    write(name, { name: `@naru/${name}`, exports: './index.js' }, `export * from 'naru/${entry}';\n`);
}
