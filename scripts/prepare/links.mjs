// Makes a node_modules for a copy of the repository in another folder.
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

/** The folders of node_modules that hold the packages of the repository. */
const OWN = new Set(['naru', '@naru']);

/**
 * Links the installed packages of `root` into the node_modules of `folder`. The packages of Naru are those below
 * `packages/` of `folder`, which may come later.
 */
export function linkModules(root, folder) {
  const [from, to] = [join(root, 'node_modules'), join(folder, 'node_modules')];
  mkdirSync(join(to, '@naru'), { recursive: true });
  for (const name of readdirSync(from)) {
    if (!OWN.has(name)) symlinkSync(join(from, name), join(to, name), 'junction');
  }
  symlinkSync(join(folder, 'packages/naru'), join(to, 'naru'), 'junction');
  for (const name of readdirSync(join(from, '@naru')))
    symlinkSync(join(folder, 'packages', name), join(to, '@naru', name), 'junction');
}
