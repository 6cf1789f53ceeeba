// needs: modules
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { listPackages } from '../../scripts/build/packages.mjs';
import { makeFolder } from '../kit/folders.js';
import { readText, root } from '../tidy/source.js';

/** The paths of the repository, which lead to sources, as paths to the declarations that are published. */
function publishedPaths(): Record<string, string[]> {
  const { compilerOptions } = JSON.parse(readText('tsconfig.json')) as {
    compilerOptions: { paths: Record<string, readonly [string]> };
  };
  return Object.fromEntries(
    Object.entries(compilerOptions.paths).map(([name, [path]]) => [
      name,
      [join(root, path.replace('/src/', '/dist/esm/').replace(/\.ts$/, '.d.ts'))],
    ]),
  );
}

it('lets each package compile against the published types of the others', () => {
  const folders = (listPackages(root) as { name: string; folder: string }[]).filter(({ name }) => name !== 'naru');
  const config = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: { paths: publishedPaths(), typeRoots: [join(root, 'node_modules/@types')] },
    include: folders.map(({ folder }) => join(root, folder, 'src')),
  };
  const folder = makeFolder({});
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const words = [join(root, 'node_modules/typescript/bin/tsc'), '--noEmit', '-p', folder];
  const { stdout, status } = spawnSync(process.execPath, words, { cwd: root, encoding: 'utf8' });
  expect(stdout).toBe('');
  expect(status).toBe(0);
}, 60_000);
