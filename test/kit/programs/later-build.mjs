/**
 * Makes builds of the package as its later versions will be: the formats have higher numbers, and members that this
 * version does not know. The modules are those of this build, with some lines changed.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'rolldown/utils';

/** The root of the package. */
export const root = fileURLToPath(new URL('../../..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** The version of the present build. @type {string} */
export const presentVersion = manifest.version;

/**
 * Writes what makes a folder a package of a version of Naru, but for its modules.
 * @param {string} folder
 * @param {string} version
 */
export function makePackage(folder, version) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...manifest, version }));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
}

/**
 * Makes the build of a later version in a folder.
 * @param {string} folder
 * @param {string} version
 * @param {{ readonly read: number, readonly written: number }} formats the versions of all formats that the build reads
 * and writes
 */
export function buildLater(folder, version, { read, written }) {
  makePackage(folder, version);
  const esm = join(folder, 'dist/esm');
  cpSync(join(root, 'dist/esm'), esm, { recursive: true, filter: (path) => !path.endsWith('.d.ts') });
  // The entries of the present build lead to joined copies of the modules. Those of this one lead to the modules.
  const entries = readdirSync(join(root, 'src/entry'), { recursive: true, encoding: 'utf8' });
  for (const name of entries.filter((path) => path.endsWith('.ts'))) {
    const source = readFileSync(join(root, 'src/entry', name), 'utf8');
    writeFileSync(join(esm, 'entry', name.replace(/\.ts$/, '.js')), transformSync(name, source).code);
  }
  /** @param {string} file @param {string} before @param {string} after */
  const edit = (file, before, after) => {
    const text = readFileSync(join(esm, file), 'utf8');
    if (!text.includes(before)) throw new Error(`${file} has no "${before}" that a later build could change`);
    writeFileSync(join(esm, file), text.replaceAll(before, after));
  };
  const added = `added: ${JSON.stringify({ in: version })}`;
  const asText = (/** @type {string} */ members) => `JSON.stringify({ v: ${written}, ${added}, ${members}`;
  edit('backplane/formats.js', 'read: 1, written: 1', `read: ${read}, written: ${written}`);
  edit('backplane/local/records/record.js', 't: at,', `t: at, ${added},`);
  edit('backplane/local/links.js', "kind: 'nodes',", `kind: 'nodes', ${added},`);
  edit('namespace/remote/nodes.js', 'JSON.stringify(about', `${asText('...about }')}`);
  edit('namespace/recovery/written-session.js', 'JSON.stringify(session', `${asText('...session }')}`);
  edit('namespace/presence/shared-keys.js', 'JSON.stringify({ ...entry,', `${asText('...entry,')}`);
}
