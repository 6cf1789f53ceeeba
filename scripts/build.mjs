// Builds every package, and the apps. Usage: node scripts/build.mjs [--force] [--no-apps] [--only-modules] [--quiet]
//
// In the folder of each package:
//   dist/esm     modules, joined by rolldown from those of tsc, and declarations, joined by rollup
//   dist/cjs     the same for require()
//   dist/page    the entries for bundlers of pages, by rolldown
//   dist/client  the bundles for <script>, by rolldown, with source maps; only in `naru`
//
// The same input is never built twice: dist/.stamp of `naru` holds its hash. The new dist of a package replaces the old
// one as a whole, so a program that reads it during a build finds one of the two. The compiler keeps its last output in
// .build.modules and compiles only changed modules and those that depend on them. With --only-modules the rest of dist
// stays as it was. The stamp says so, and the next complete build replaces it.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildBundles } from './build/bundles.mjs';
import { finishCommonJs } from './build/commonjs.mjs';
import { joinDeclarations } from './build/declarations.mjs';
import { INSIDE, joinModules } from './build/joined.mjs';
import { withLock } from './build/lock.mjs';
import { listPackages } from './build/packages.mjs';
import { buildLanePage, buildPages } from './build/pages.mjs';
import { hashFiles, listFiles, readStamp } from './build/stamp.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const flags = new Set(process.argv.slice(2));
const say = (line) => flags.has('--quiet') || console.log(line);

/** The documents that stand at the root and are published with `naru`. */
const DOCUMENTS = ['README.md', 'CHANGELOG.md', 'SECURITY.md'];

const packages = listPackages(root);
const inputs = [
  'package.json',
  'LICENSE',
  ...DOCUMENTS,
  'tsconfig.json',
  'tsconfig.build.json',
  'scripts/build.mjs',
  'scripts/build',
  ...packages.flatMap(({ folder }) => [`${folder}/package.json`, `${folder}/src`]),
];
const kept = join(root, '.build.modules');

/** Compiles all packages to .build.modules. Returns false when tsc found type errors, although it emits all files. */
function compile() {
  if (flags.has('--force')) rmSync(kept, { recursive: true, force: true });
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const words = ['-p', 'tsconfig.build.json', '--incremental', '--tsBuildInfoFile', join(kept, 'tsbuildinfo')];
  const result = spawnSync(process.execPath, [tsc, ...words], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  // tsc leaves the output of sources that no longer exist.
  for (const file of listFiles(kept, 'packages')) {
    const source = join(root, file.replace(/(\.d\.ts|\.js)$/, '.ts'));
    if (!existsSync(source)) rmSync(join(kept, file));
  }
  return result.status === 0;
}

/** Replaces `to`, which may not exist yet, by `from`. */
function replace(from, to) {
  const old = join(root, '.build.old');
  rmSync(old, { recursive: true, force: true });
  if (existsSync(to)) renameSync(to, old);
  renameSync(from, to);
  rmSync(old, { recursive: true, force: true });
}

/** Returns the licences of installed packages, one after the other. */
function licencesOf(names) {
  const licences = [...names].map((name) => {
    const folder = join(root, 'node_modules', name);
    const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return `${name} ${version}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
  });
  return ['The server of naru contains these packages.\n', ...licences].join('\n');
}

/** Copies the licence into each package, and the documents into `naru`, because npm packs no file from above them. */
function copyDocuments() {
  for (const { name, folder } of packages) {
    const files = name === 'naru' ? ['LICENSE', ...DOCUMENTS] : ['LICENSE'];
    for (const file of files) {
      const to = join(root, folder, file);
      rmSync(to, { recursive: true, force: true });
      cpSync(join(root, file), to, { recursive: true });
    }
  }
}

/** Builds one package from its compiled modules. */
async function buildPackage({ name, folder }, onlyModules) {
  const dist = join(root, folder, 'dist');
  // At the same depth as dist, because source maps name their sources by relative paths.
  const out = join(root, folder, '.build');
  const from = join(kept, folder, 'src');
  rmSync(out, { recursive: true, force: true });
  const [esm, cjs] = [join(out, 'esm'), join(out, 'cjs')];
  await joinModules({ name, from, to: esm, format: 'esm', say });
  if (onlyModules) {
    await joinDeclarations({ name, from, to: [esm] });
    mkdirSync(dist, { recursive: true });
    replace(esm, join(dist, 'esm'));
    rmSync(out, { recursive: true, force: true });
    return;
  }
  await joinModules({ name, from, to: cjs, format: 'cjs', say });
  if (name === 'naru') writeFileSync(join(out, 'licenses.txt'), licencesOf(INSIDE));
  await joinDeclarations({ name, from, to: [esm, cjs] });
  finishCommonJs({ name, cjs });
  if (name === 'naru') {
    await buildBundles({ root, from, out, say });
    await buildPages({ root, out });
  }
  if (name === '@naru/udp') await buildLanePage({ root, out });
  replace(out, dist);
}

async function buildPackages() {
  const stamp = hashFiles(root, inputs);
  const onlyModules = flags.has('--only-modules');
  const core = join(root, 'packages/naru/dist');
  const present = packages.every(({ folder }) => existsSync(join(root, folder, 'dist/esm')))
    ? readStamp(core)
    : undefined;
  if (!flags.has('--force') && (present === stamp || (onlyModules && present === `modules ${stamp}`))) {
    say('naru: dist is up to date');
    return { stamp, ok: true };
  }
  const started = performance.now();
  rmSync(join(core, '.stamp'), { force: true });
  const ok = compile();
  for (const each of packages) await buildPackage(each, onlyModules);
  if (!onlyModules) copyDocuments();
  if (ok) writeFileSync(join(core, '.stamp'), onlyModules ? `modules ${stamp}` : stamp);
  const what = onlyModules ? 'built the modules' : 'built';
  say(`naru: ${what} in ${((performance.now() - started) / 1000).toFixed(1)} s${ok ? '' : ', with type errors'}`);
  return { stamp, ok };
}

/** Builds each app under apps/ that has a build script, if the app, apps/kit or its package has changed. */
function buildApps(packageStamp) {
  const folder = join(root, 'apps');
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const app = join(folder, name);
    if (!existsSync(join(app, 'package.json'))) continue;
    const manifest = JSON.parse(readFileSync(join(app, 'package.json'), 'utf8'));
    if (manifest.scripts?.build === undefined) continue;
    const stamp = `${packageStamp} ${hashFiles(folder, ['kit', name])}`;
    if (!flags.has('--force') && readStamp(join(app, 'dist')) === stamp) {
      say(`${name}: dist is up to date`);
      continue;
    }
    const started = performance.now();
    const stdio = ['ignore', flags.has('--quiet') ? 'ignore' : 'inherit', 'inherit'];
    execFileSync('npm', ['run', '--silent', 'build'], { cwd: app, stdio, shell: process.platform === 'win32' });
    writeFileSync(join(app, 'dist', '.stamp'), stamp);
    say(`${name}: built in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  }
}

try {
  await withLock(join(root, '.build.lock'), async () => {
    const { stamp, ok } = await buildPackages();
    if (!ok) process.exitCode = 1;
    else if (!flags.has('--no-apps') && !flags.has('--only-modules')) buildApps(stamp);
  });
} catch (error) {
  // The message of a tool is enough. Its stack does not help.
  console.error(error.message);
  process.exitCode = 1;
}
