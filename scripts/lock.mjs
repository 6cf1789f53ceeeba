// Writes a new package-lock.json, away from node_modules, and checks that `npm ci` accepts it.
//
// When node_modules is installed, npm leaves the binaries of other platforms out of the lockfile, and `npm ci` refuses
// that lockfile elsewhere. The lockfile is therefore written in an empty folder. Run `npm run lock` after changing a
// dependency.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listManifests } from './build/packages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'naru-lock-'));

try {
  for (const file of [...listManifests(root), '.npmrc']) {
    mkdirSync(dirname(join(scratch, file)), { recursive: true });
    copyFileSync(join(root, file), join(scratch, file));
  }
  const npm = (...args) => execFileSync('npm', args, { cwd: scratch, stdio: ['ignore', 'ignore', 'inherit'] });
  npm('install', '--package-lock-only', '--ignore-scripts');
  npm('ci', '--dry-run', '--ignore-scripts', '--loglevel=error');
  copyFileSync(join(scratch, 'package-lock.json'), join(root, 'package-lock.json'));
  console.log('package-lock.json is complete for every platform; run `npm install` to bring node_modules in line.');
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
