// Gives all packages one version.
import { listManifests } from '../build/packages.mjs';

/** The parts of a package.json that name other packages. */
const GROUPS = ['dependencies', 'devDependencies', 'peerDependencies'];

/** Returns the text of each package.json with a version: that of the root, of the packages and of the applications. */
export function setVersion(root, version, read) {
  const manifests = listManifests(root).map((path) => [path, JSON.parse(read(path))]);
  const own = new Set(manifests.map(([, { name }]) => name));
  return manifests.map(([path, manifest]) => {
    const changed = { ...manifest, version };
    for (const group of GROUPS.filter((each) => manifest[each])) {
      const ranges = Object.entries(manifest[group]);
      changed[group] = Object.fromEntries(ranges.map(([name, range]) => [name, own.has(name) ? `^${version}` : range]));
    }
    return [path, `${JSON.stringify(changed, undefined, 2)}\n`];
  });
}
