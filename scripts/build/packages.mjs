// The packages of the repository.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Returns the name and the folder of each package below packages/, sorted by folder. */
export function listPackages(root) {
  return readdirSync(join(root, 'packages'))
    .sort()
    .map((each) => `packages/${each}`)
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .map((folder) => ({ folder, ...JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) }));
}
