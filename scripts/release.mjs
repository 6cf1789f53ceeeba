// npm run release -- --dry-run: makes the tarballs of all packages, checks them as users get them, and prints what
// would be published. With --tag v1.2.3 it publishes them, as the workflow of a tag does. RELEASING.md has the steps.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './prepare/build.mjs';
import { install, npm, requireNode } from './prepare/install.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const words = process.argv.slice(2);
const tag = words[0] === '--tag' ? words[1] : undefined;
const isDry = words[0] === '--dry-run';
if (!isDry && tag === undefined) {
  console.error('naru: use npm run release -- --dry-run, or --tag v1.2.3 in the workflow of a tag.');
  process.exit(1);
}

requireNode();
install(root);
build(root, ['--no-apps', '--quiet']);

// They need what has just been installed.
const { findLint, findWrongTypes } = await import('./release/checks.mjs');
const { packAll, readRepository } = await import('./release/pack.mjs');
const { findFaults } = await import('./release/try.mjs');

const folder = mkdtempSync(join(tmpdir(), 'naru-release-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

const packed = packAll(root, folder);
const faults = [];
for (const each of packed) faults.push(...(await findLint(each)), ...(await findWrongTypes(each)));
faults.push(...(await findFaults(root, folder, packed)));
const repository = readRepository(root);
if (!isDry && repository === '') faults.push('release.json: has no address of the repository');
if (!isDry && packed.some(({ version }) => tag !== `v${version}`))
  faults.push(`${tag}: is not the version of all packages`);

console.log('\nwould publish, in this order:');
for (const { name, version, bytes, fileCount } of packed)
  console.log(
    `  ${`${name}@${version}`.padEnd(28)} ${String(fileCount).padStart(4)} files ${(bytes / 1000).toFixed(0).padStart(6)} kB`,
  );
console.log(repository === '' ? 'release.json has no address of the repository yet.' : `repository: ${repository}`);

if (faults.length > 0) {
  console.error(
    `\n${faults.join('\n')}\n${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}; nothing was published.`,
  );
  process.exit(1);
}
if (!isDry) {
  for (const { name, version, tarball } of packed) {
    if (isPublished(name, version)) {
      console.log(`${name}@${version} is published already`);
      continue;
    }
    const { status } = npm(root, ['publish', tarball, '--provenance', '--access', 'public']);
    if (status !== 0) {
      console.error(`naru: npm could not publish ${name}. Those before it are published.`);
      process.exit(1);
    }
  }
}
console.log(isDry ? '\nEverything holds. Nothing was published, because of --dry-run.' : '\nPublished.');

/** Whether npm has a version of a package. */
function isPublished(name, version) {
  const { status, stdout } = spawnSync('npm', ['view', `${name}@${version}`, 'version'], { encoding: 'utf8' });
  return status === 0 && stdout.trim() === version;
}
