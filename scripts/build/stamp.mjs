// Decides by the content of the input whether a build is needed.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

// `.naru` holds the data of a served app.
const notInput = new Set(['node_modules', 'dist', 'coverage', '.naru', '.DS_Store']);

/** Returns every file under `path` (a file or a folder), sorted, relative to `base`. */
export function listFiles(base, path) {
  const full = join(base, path);
  if (!existsSync(full)) return [];
  if (statSync(full).isFile()) return [path];
  return readdirSync(full)
    .filter((name) => !notInput.has(name))
    .sort()
    .flatMap((name) => listFiles(base, join(path, name)));
}

/** Returns the hash of names and content of all files under `paths`. */
export function hashFiles(base, paths) {
  const hash = createHash('sha256');
  for (const file of paths.flatMap((path) => listFiles(base, path))) {
    const content = readFileSync(join(base, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** Returns the stamp of the last complete build in `folder`, or undefined. */
export function readStamp(folder) {
  const file = join(folder, '.stamp');
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
