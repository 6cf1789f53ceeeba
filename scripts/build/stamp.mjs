// Tells whether something has to be built again, by the content of its input.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

// `.naru` is what an app keeps while it is served.
const notInput = new Set(['node_modules', 'dist', 'coverage', '.naru', '.DS_Store']);

/** Every file under `path` (a file or a folder), sorted, as paths relative to `base`. */
export function listFiles(base, path) {
  const full = join(base, path);
  if (!existsSync(full)) return [];
  if (statSync(full).isFile()) return [path];
  return readdirSync(full)
    .filter((name) => !notInput.has(name))
    .sort()
    .flatMap((name) => listFiles(base, join(path, name)));
}

/** The hash of names and content of all files under `paths`. */
export function hashFiles(base, paths) {
  const hash = createHash('sha256');
  for (const file of paths.flatMap((path) => listFiles(base, path))) {
    const content = readFileSync(join(base, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** What the last complete build in `folder` was made from, or undefined. */
export function readStamp(folder) {
  const file = join(folder, '.stamp');
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
