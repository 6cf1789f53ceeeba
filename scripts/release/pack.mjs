// Makes the tarballs of all packages, as they are published.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { listPackages } from '../build/packages.mjs';

/** Returns the address of the repository, or an empty text. It stands in release.json alone. */
export function readRepository(root) {
  return JSON.parse(readFileSync(join(root, 'release.json'), 'utf8')).repository;
}

/** Returns a package.json with the address of the repository. */
function withRepository(manifest, folder, url) {
  if (url === '') return manifest;
  return {
    ...manifest,
    homepage: `${url}#readme`,
    bugs: `${url}/issues`,
    repository: { type: 'git', url: `git+${url}.git`, directory: folder },
  };
}

/** Returns the packages in an order in which each comes after those that it needs. */
export function inOrder(packages) {
  const placed = [];
  const place = (each) => {
    if (placed.includes(each)) return;
    const needed = { ...each.dependencies, ...each.peerDependencies };
    for (const other of packages.filter(({ name }) => Object.hasOwn(needed, name))) place(other);
    placed.push(each);
  };
  for (const each of packages) place(each);
  return placed;
}

/**
 * Returns a document with links that lead to the repository. A file of the package `folder` was at `from`, whose links
 * are relative.
 */
export function withLinks(text, from, url, version) {
  if (url === '') return text;
  return text.replace(/(\]\()(?![a-z]+:|#)([^)\s]+)(\))/g, (_all, before, link, after) => {
    return `${before}${url}/blob/v${version}/${posix.join(posix.dirname(from), link)}${after}`;
  });
}

/** Packs every package into `folder`. Returns the tarball, the size and the files of each, in order. */
export function packAll(root, folder) {
  const url = readRepository(root);
  return inOrder(listPackages(root)).map(({ folder: place, ...manifest }) => {
    const stage = join(folder, place);
    mkdirSync(stage, { recursive: true });
    for (const file of [...manifest.files, 'README.md', 'LICENSE'])
      cpSync(join(root, place, file), join(stage, file), { recursive: true });
    // The documents of the core are those of the root.
    const at = manifest.name === 'naru' ? '' : place;
    for (const file of readdirSync(stage).filter((name) => name.endsWith('.md'))) {
      const text = readFileSync(join(stage, file), 'utf8');
      writeFileSync(join(stage, file), withLinks(text, posix.join(at, file), url, manifest.version));
    }
    const text = JSON.stringify(withRepository(manifest, place, url), undefined, 2);
    writeFileSync(join(stage, 'package.json'), `${text}\n`);
    const words = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
    const output = execFileSync('npm', words, { cwd: stage, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
    const [packed] = Object.values(JSON.parse(output));
    return {
      name: manifest.name,
      version: manifest.version,
      manifest,
      tarball: join(folder, packed.filename),
      bytes: packed.unpackedSize,
      fileCount: packed.entryCount ?? packed.files.length,
    };
  });
}
