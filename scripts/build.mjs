// Builds everything that is published, and the apps. Usage: node scripts/build.mjs [--force] [--no-apps]
// [--only-modules] [--quiet]
//
//   dist/esm     modules and declarations, by tsc; the entries for Node are joined by rolldown
//   dist/cjs     the same modules for require(), converted from dist/esm by rolldown (so `import.meta` keeps working)
//   dist/page    the client for bundlers of pages, by rolldown
//   dist/client  the bundles for <script>, by rolldown, with source maps
//
// The same input is never built twice: dist/.stamp holds its hash. The new dist replaces the old one as a whole, so a
// program that reads it during a build finds one of the two. The compiler keeps its last output in .build.modules and
// compiles only changed modules and those that depend on them. With --only-modules the rest of dist stays as it was.
// The stamp says so, and the next complete build replaces it.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildBundles } from './build/bundles.mjs';
import { buildCommonJs } from './build/commonjs.mjs';
import { joinModules } from './build/joined.mjs';
import { withLock } from './build/lock.mjs';
import { buildPages } from './build/pages.mjs';
import { hashFiles, listFiles, readStamp } from './build/stamp.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const flags = new Set(process.argv.slice(2));
const say = (line) => flags.has('--quiet') || console.log(line);

const packageInputs = [
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'scripts/build.mjs',
  'scripts/build',
  'src',
];

/**
 * Runs tsc and copies the modules to `out`/esm. Returns false when tsc found type errors, although it emits all files.
 */
function compile(out) {
  const kept = join(root, '.build.modules');
  if (flags.has('--force')) rmSync(kept, { recursive: true, force: true });
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const words = ['-p', 'tsconfig.build.json', '--incremental', '--tsBuildInfoFile', join(kept, 'tsbuildinfo')];
  const result = spawnSync(process.execPath, [tsc, ...words, '--outDir', join(kept, 'esm')], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  // tsc leaves the output of sources that no longer exist.
  for (const file of listFiles(kept, 'esm')) {
    const source = join(root, 'src', relative('esm', file).replace(/(\.d\.ts|\.js)$/, '.ts'));
    if (!existsSync(source)) rmSync(join(kept, file));
  }
  cpSync(join(kept, 'esm'), join(out, 'esm'), { recursive: true });
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

async function buildPackage() {
  const stamp = hashFiles(root, packageInputs);
  const onlyModules = flags.has('--only-modules');
  const dist = join(root, 'dist');
  const present = readStamp(dist);
  if (!flags.has('--force') && (present === stamp || (onlyModules && present === `modules ${stamp}`))) {
    say('naru: dist is up to date');
    return { stamp, ok: true };
  }
  const started = performance.now();
  // At the same depth as dist, because source maps name their sources by relative paths.
  const out = join(root, '.build');
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const ok = compile(out);
  const esm = join(out, 'esm');
  if (onlyModules) {
    await joinModules({ esm, say });
    mkdirSync(dist, { recursive: true });
    rmSync(join(dist, '.stamp'), { force: true });
    replace(esm, join(dist, 'esm'));
    if (ok) writeFileSync(join(dist, '.stamp'), `modules ${stamp}`);
  } else {
    await buildCommonJs({ out, say });
    await buildBundles({ root, out, say });
    await buildPages({ root, out });
    // The others read the modules.
    await joinModules({ esm, say });
    if (ok) writeFileSync(join(out, '.stamp'), stamp);
    replace(out, dist);
  }
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
    const { stamp, ok } = await buildPackage();
    if (!ok) process.exitCode = 1;
    else if (!flags.has('--no-apps') && !flags.has('--only-modules')) buildApps(stamp);
  });
} catch (error) {
  // The message of a tool is enough. Its stack does not help.
  console.error(error.message);
  process.exitCode = 1;
}
