// Finds the entries of the package: the files of its export map, and the names that each one exports.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { parseSync } from 'oxc-parser';

/** Returns the module records of one file: its imports, exports and re-exports. */
function readModule(file) {
  const { module, errors } = parseSync(file, readFileSync(file, 'utf8'));
  if (errors.length > 0) throw new Error(`${file}: ${errors[0].message}`);
  return module;
}

/** Returns the exported names of the module `file`, including its re-exports, without `default`. */
export function exportedNames(file, extension = '.js') {
  const names = new Set();
  for (const { entries } of readModule(file).staticExports) {
    for (const entry of entries) {
      if (entry.exportName.kind === 'Name' && entry.exportName.name !== 'default') names.add(entry.exportName.name);
      if (entry.importName.kind === 'AllButDefault') {
        const target = join(dirname(file), entry.moduleRequest.value.replace(/\.js$/, extension));
        for (const name of exportedNames(target, extension)) names.add(name);
      }
    }
  }
  return names;
}

/** Returns the paths of the entries of the modules in `from` whose own imports exist. */
export function listEntries(from, say) {
  const folder = join(from, 'entry');
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.js'))
    .map((name) => name.replaceAll(sep, '/'))
    .filter((name) => {
      const { staticImports, staticExports } = readModule(join(folder, name));
      const requests = [
        ...staticImports.map((entry) => entry.moduleRequest.value),
        ...staticExports.flatMap(({ entries }) => entries.map((entry) => entry.moduleRequest?.value)),
      ];
      const missing = requests.find(
        (request) => request?.startsWith('.') && !existsSync(join(folder, dirname(name), request)),
      );
      if (missing !== undefined) say(`naru: ${name} is left out, it leads to ${missing}, which does not exist`);
      return missing === undefined;
    });
}
