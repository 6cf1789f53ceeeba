// npm run types: installs and builds what the types need, and checks the types of everything, tests included.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './prepare/build.mjs';
import { install, requireNode } from './prepare/install.mjs';
import { listProjects } from './prepare/projects.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
requireNode();
install(root);
// Tests and examples import the package by its name.
build(root, ['--only-modules', '--quiet']);
for (const project of listProjects(root)) {
  const words = [join(root, 'node_modules/typescript/bin/tsc'), '--noEmit', '-p', project];
  const { status } = spawnSync(process.execPath, words, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) process.exitCode = status ?? 1;
}
