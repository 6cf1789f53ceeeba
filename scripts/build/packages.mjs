// The packages of the repository, and every package.json.
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

/** Returns the paths of each package.json: that of the root, of the packages and of the applications. */
export function listManifests(root) {
  const inside = (area) => readdirSync(join(root, area)).map((name) => `${area}/${name}/package.json`);
  const paths = ['package.json', ...inside('packages'), ...inside('apps')];
  return paths.filter((path) => existsSync(join(root, path)));
}
