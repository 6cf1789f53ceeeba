// A copy of the repository in a temporary folder, in which deliberate defects are made. The working tree stays as it
// is.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { linkModules } from '../prepare/links.mjs';

/** Folders without anything that a check needs. */
const left = /^(?:apps|bench)\//;

/**
 * Copies the files of the repository at `root` that git knows or would take. The packages are those of the repository.
 */
export function makeWorkspace(root) {
  const folder = mkdtempSync(join(tmpdir(), 'naru-mutants-'));
  const words = ['-c', 'safe.directory=*', 'ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  const files = execFileSync('git', words, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 }).split('\0');
  for (const file of files) {
    if (file === '' || left.test(file) || !existsSync(join(root, file))) continue;
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    copyFileSync(join(root, file), join(folder, file));
  }
  linkModules(root, folder);
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Makes the defect of a mutant in a workspace. Returns a function that takes it back. */
export function applyMutant(folder, mutant) {
  const path = join(folder, 'packages', mutant.in);
  const text = readFileSync(path, 'utf8');
  const parts = text.split(mutant.find);
  if (parts.length !== 2)
    throw new Error(`the text stands ${parts.length - 1} times in packages/${mutant.in}: ${mutant.find}`);
  writeFileSync(path, parts.join(mutant.put));
  return () => writeFileSync(path, text);
}
