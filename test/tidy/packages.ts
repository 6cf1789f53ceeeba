/** Checks the borders of the packages: they use each other only through published entries. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Import, listImports } from './imports.js';
import { type Finding, finding, lineAt, type Rule, readText, root, type Source, walk } from './source.js';

/** The parts of a package.json that the rules read. */
interface Manifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** Returns the package.json of a folder below `packages/`, or `undefined`. */
export type ManifestOf = (folder: string) => Manifest | undefined;

/** The file of the core that maps schemes to packages. No other one mentions a package. */
const KNOWN_PACKAGES = 'packages/naru/src/base/options/known-packages.ts';

const known = new Map<string, Manifest | undefined>();

const readManifest: ManifestOf = (folder) => {
  const path = `packages/${folder}/package.json`;
  if (!known.has(folder))
    known.set(folder, existsSync(join(root, path)) ? (JSON.parse(readText(path)) as Manifest) : undefined);
  return known.get(folder);
};

/** The folder of a package below `packages/`. */
const folderOf = (path: string): string => path.split('/')[1] ?? '';

/** Splits `@naru/udp/client` into the folder `udp` and the entry `./client`. */
function targetOf(specifier: string): { readonly folder: string; readonly entry: string } | undefined {
  const [, scoped, rest = ''] = /^(?:naru|@naru\/([\w-]+))(\/.*)?$/.exec(specifier) ?? [];
  if (!/^@?naru(\/|$)/.test(specifier)) return undefined;
  return { folder: scoped ?? 'naru', entry: `.${rest}` };
}

/** A package imports another by an entry that this one publishes, and names it in its package.json. */
export const holdEntries: Rule = (source) => findForeign(source, readManifest);

/** Does the work of `holdEntries`, with the manifests given. */
export function findForeign(source: Source, manifestOf: ManifestOf): Finding[] {
  const own = folderOf(source.path);
  const { name, dependencies, peerDependencies } = manifestOf(own) ?? { name: '' };
  const judge = ({ specifier, path }: Import): string | undefined => {
    if (path !== undefined) return folderOf(path) === own ? undefined : 'leads into another package; import its entry';
    const target = targetOf(specifier);
    if (!target) return undefined;
    const other = manifestOf(target.folder);
    if (other?.name === name) return 'is this package; import the file that owns the name';
    if (other?.exports?.[target.entry] === undefined) return 'is no published entry';
    const isNamed = Object.hasOwn({ ...dependencies, ...peerDependencies }, other.name);
    return isNamed ? undefined : `is not in the package.json of ${name}`;
  };
  return listImports(source).flatMap((each) => {
    const why = judge(each);
    return why === undefined ? [] : [finding(source, each.offset, `${each.specifier} ${why}`)];
  });
}

/**
 * No `instanceof` asks for a class of another package. A process may have two copies of a package, or one as ES modules
 * and one as CommonJS.
 */
export const holdOwnClasses: Rule = (source) => {
  const foreign = new Set(
    source.program.body.flatMap((node) =>
      node.type === 'ImportDeclaration' && targetOf(node.source.value) !== undefined
        ? node.specifiers.map(({ local }) => local.name)
        : [],
    ),
  );
  const findings: Finding[] = [];
  walk(source.program, (node) => {
    if (node.type !== 'BinaryExpression' || node.operator !== 'instanceof' || node.right.type !== 'Identifier') return;
    const { name } = node.right;
    if (foreign.has(name))
      findings.push(finding(source, node.start, `${name} is of another package; ask for its name`));
  });
  return findings;
};

/** The core mentions no package around it, in code or in comments, but for one file. */
export const holdCore: Rule = ({ path, text }) =>
  path === KNOWN_PACKAGES
    ? []
    : [...text.matchAll(/@naru\/[\w-]+/g)].map(
        ({ 0: name, index }) => `${path}:${lineAt(text, index)}: the core knows no package around it, such as ${name}`,
      );
