/**
 * Makes builds of the package as its later versions will be: the formats have higher numbers, and members that this
 * version does not know. The modules are those of this build, with some lines changed.
 */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listPackages } from '../../../scripts/build/packages.mjs';
import { linkModules } from '../../../scripts/prepare/links.mjs';

/** The root of the repository. */
export const root = fileURLToPath(new URL('../../..', import.meta.url));
const packages = listPackages(root);

/** The version of the present build. @type {string} */
export const presentVersion = packages[0].version;

/**
 * Makes the build of a later version in a folder.
 * @param {string} folder
 * @param {string} version
 * @param {{ readonly read: number, readonly written: number }} formats the versions of all formats that the build reads
 * and writes
 */
export function buildLater(folder, version, { read, written }) {
  mkdirSync(folder, { recursive: true });
  for (const { folder: place } of packages) {
    const to = join(folder, place);
    // The compiled modules, because the entries of a build lead to joined copies of them.
    cpSync(join(root, '.build.modules', place, 'src'), join(to, 'dist/esm'), {
      recursive: true,
      filter: (path) => !path.endsWith('.d.ts'),
    });
    const manifest = JSON.parse(readFileSync(join(root, place, 'package.json'), 'utf8'));
    writeFileSync(join(to, 'package.json'), JSON.stringify({ ...manifest, version }));
  }
  linkModules(root, folder);
  /** @param {string} file @param {string} before @param {string} after */
  const edit = (file, before, after) => {
    const [name, ...rest] = file.split('/');
    const path = join(folder, 'packages', name, 'dist/esm', ...rest);
    const text = readFileSync(path, 'utf8');
    if (!text.includes(before)) throw new Error(`${file} has no "${before}" that a later build could change`);
    writeFileSync(path, text.replaceAll(before, after));
  };
  const added = `added: ${JSON.stringify({ in: version })}`;
  const asText = (/** @type {string} */ members) => `JSON.stringify({ v: ${written}, ${added}, ${members}`;
  edit('naru/backplane/formats.js', 'read: 1, written: 1', `read: ${read}, written: ${written}`);
  edit('local/records/record.js', 't: at,', `t: at, ${added},`);
  edit('local/links.js', "kind: 'nodes',", `kind: 'nodes', ${added},`);
  edit('naru/namespace/remote/nodes.js', 'JSON.stringify(about', `${asText('...about }')}`);
  edit(
    'naru/namespace/recovery/written-session.js',
    'JSON.stringify(isPlain ? plain(session) : session',
    `${asText('...(isPlain ? plain(session) : session) }')}`,
  );
  edit('naru/namespace/presence/shared-keys.js', 'JSON.stringify({ ...entry,', `${asText('...entry,')}`);
}
