/**
 * Checks the shape of the core, the package `naru`: which folder may import which, and that no file imports itself
 * indirectly.
 */
import { type Import, listImports } from './imports.js';
import { type Finding, finding, type Rule, type Source } from './source.js';

/**
 * The rank of each folder of the core. A folder imports lower ranks and itself. Folders of the same rank never import
 * each other.
 */
export const ranks: ReadonlyMap<string, number> = new Map([
  ['base', 0],
  ['protocol', 1],
  ['taps', 1],
  ['node-internals', 2],
  ['backplane', 2],
  ['transport', 3],
  ['session', 4],
  ['namespace', 5],
  ['wires', 6],
  ['emitter', 6],
  ['server', 7],
  ['client', 7],
  ['workers', 8],
  ['entry', 10],
]);

/** The folders that the client may import. It must run in a browser, so other folders of lower rank are excluded. */
const clientMay: ReadonlySet<string> = new Set(['base', 'protocol', 'client']);

/**
 * The folders that the files directly in `src/transport` may import. These files are the contract of wires, which other
 * packages need as well.
 */
const contractMay: ReadonlySet<string> = new Set(['base', 'protocol']);

/** A border inside the core that imports never cross, type imports included. */
interface Border {
  readonly from: RegExp;
  readonly to: RegExp;
  readonly why: string;
}

const borders: readonly Border[] = [
  {
    from: /^packages\/naru\/src\/server\/engine\//,
    to: /^packages\/naru\/src\/namespace\//,
    why: 'the engine knows no namespaces',
  },
  {
    from: /^packages\/naru\/src\/(?!client\/(webtransport|node\/webtransport\.ts$|(browser-|node\/)platform\.ts$))/,
    to: /^packages\/naru\/src\/client\/(webtransport|node\/webtransport\.ts$)/,
    why: "only the list of a platform's wires imports an optional one",
  },
];

/**
 * The layers of the parts of a folder, its files and its folders, from low to high. A part imports lower layers and
 * itself. Parts of one layer never import each other. ARCHITECTURE.md has the same list with the content of each part.
 */
export const layers: ReadonlyMap<string, readonly (readonly string[])[]> = new Map([
  [
    'packages/naru/src/namespace',
    [
      ['event'],
      ['explain'],
      ['rooms.ts', 'slow-policies'],
      ['socket'],
      ['log', 'permissions'],
      ['erasure', 'history', 'once', 'presence', 'slow-readers'],
      ['remote'],
      ['recovery'],
      ['client-calls.ts', 'delivery.ts', 'fitting.ts', 'lasting.ts', 'membership'],
      ['context.ts', 'idleness.ts', 'reach.ts'],
      ['namespace-core.ts'],
      ['adapter.ts', 'audience.ts', 'connection.ts'],
      ['namespace.ts'],
      ['parent-namespace.ts'],
      ['registry.ts'],
    ],
  ],
  ['packages/naru/src/server', [['options'], ['admission'], ['engine'], ['endpoints', 'links'], ['api']]],
]);

const folderOf = (path: string): string | undefined => /^packages\/naru\/src\/([^/]+)\//.exec(path)?.[1];

/** The client in Node uses the server's connections rather than a second implementation. */
const isException = (from: string, to: string): boolean =>
  from.startsWith('packages/naru/src/client/node/') && to.startsWith('packages/naru/src/transport/');

/** Imports lead down, and entries only re-export. */
export const holdRanks: Rule = (source) => {
  const folder = folderOf(source.path);
  if (folder === undefined)
    return [finding(source, 0, 'src holds folders only; an entry belongs in packages/naru/src/entry')];
  if (folder === 'entry') return holdEntry(source);
  if (!ranks.has(folder))
    return [finding(source, 0, `packages/naru/src/${folder}/ has no rank; give it one in test/tidy/ranks.ts`)];
  return listImports(source).flatMap((each) => judge(source, folder, each));
};

function judge(source: Source, folder: string, { path, specifier, offset }: Import): Finding[] {
  if (path === undefined) return [];
  const target = folderOf(path);
  if (target === undefined) {
    return [
      finding(source, offset, `${specifier} leads to an entry or out of src; import the file that owns the name`),
    ];
  }
  const border = borders.find(({ from, to }) => from.test(source.path) && to.test(path));
  if (border) return [finding(source, offset, `${border.why}: ${specifier}`)];
  if (target === folder || isException(source.path, path)) return [];
  const [own, other] = [ranks.get(folder) ?? 0, ranks.get(target) ?? Number.POSITIVE_INFINITY];
  if (other >= own) {
    return [finding(source, offset, `${folder} (rank ${own}) must not import ${target} (rank ${other}): ${specifier}`)];
  }
  if (/^packages\/naru\/src\/transport\/[^/]+$/.test(source.path) && !contractMay.has(target)) {
    return [
      finding(source, offset, `the contract of wires imports base and protocol only, not ${target}: ${specifier}`),
    ];
  }
  if (folder === 'client' && !clientMay.has(target)) {
    return [finding(source, offset, `the client imports base and protocol only, not ${target}: ${specifier}`)];
  }
  return [];
}

function holdEntry(source: Source): Finding[] {
  return source.program.body
    .filter((node) => !(/^Export(All|Named)Declaration$/.test(node.type) && 'source' in node && node.source !== null))
    .map((node) => finding(source, node.start, 'an entry only re-exports'));
}

/** No cycle of imports, including type imports. Each cycle is reported once, at its first file by name. */
export const holdAcyclic: Rule = (source, all) => {
  const trail = findWayBack(source.path, source.path, all, new Set());
  if (trail === undefined || trail.some((path) => path < source.path)) return [];
  return [finding(source, 0, `import cycle: ${[source.path, ...trail].join(' -> ')}`)];
};

/** Returns the paths from `from` (exclusive) to `to` (inclusive), or undefined if no import leads there. */
function findWayBack(
  from: string,
  to: string,
  all: ReadonlyMap<string, Source>,
  seen: Set<string>,
): string[] | undefined {
  const source = all.get(from);
  if (source === undefined) return undefined;
  for (const each of listImports(source)) {
    const path = fileOf(each, all);
    if (path === to) return [to];
    if (path === undefined || seen.has(path)) continue;
    seen.add(path);
    const rest = findWayBack(path, to, all, seen);
    if (rest !== undefined) return [path, ...rest];
  }
  return undefined;
}

/** Whether a path stands in a folder, and in which part of it: a file there, or a folder there. */
const partOf = (path: string, folder: string): string | undefined =>
  path.startsWith(`${folder}/`) ? path.slice(folder.length + 1).split('/')[0] : undefined;

/** Lists the folders above a file, below the `src` of its package. */
const foldersOf = (path: string): string[] => {
  const names = path.split('/').slice(0, -1);
  return names.slice(3).map((_, at) => names.slice(0, at + 4).join('/'));
};

/**
 * The parts of a folder, its files and its folders, form no circle. Type imports count. A circle is reported at each
 * import that goes along it.
 */
export const holdParts: Rule = (source, all) =>
  listImports(source).flatMap((each) => {
    const to = fileOf(each, all);
    return foldersOf(source.path).flatMap((folder) => {
      const [own, other] = [partOf(source.path, folder), to && partOf(to, folder)];
      if (other === undefined || own === other || own === undefined) return [];
      const trail = findPart(folder, other, own, all, new Set([other]));
      if (!trail) return [];
      return [finding(source, each.offset, `circle in ${folder}/: ${[own, other, ...trail].join(' -> ')}`)];
    });
  });

/**
 * The imports of a part lead to lower layers of its folder, if the folder has layers. Every part of such a folder has
 * its layer.
 */
export const holdLayers: Rule = (source, all) =>
  foldersOf(source.path).flatMap((folder) => {
    const own = partOf(source.path, folder);
    const order = layers.get(folder);
    if (own === undefined || !order) return [];
    const rankOf = (part: string): number => order.findIndex((layer) => layer.includes(part));
    const rank = rankOf(own);
    if (rank < 0) return [finding(source, 0, `${folder}/${own} has no layer; give it one in test/tidy/ranks.ts`)];
    return listImports(source).flatMap((each) => {
      const other = partOf(fileOf(each, all) ?? '', folder);
      if (other === undefined || other === own || rankOf(other) < rank) return [];
      return [finding(source, each.offset, `${own} is not above ${other} in ${folder}/: ${each.specifier}`)];
    });
  });

/**
 * Returns the parts of a folder on the way from one (exclusive) to another (inclusive), or undefined if no import leads
 * there.
 */
function findPart(
  folder: string,
  from: string,
  to: string,
  all: ReadonlyMap<string, Source>,
  seen: Set<string>,
): string[] | undefined {
  for (const next of partsBelow(folder, from, all)) {
    if (next === to) return [to];
    if (seen.has(next)) continue;
    seen.add(next);
    const rest = findPart(folder, next, to, all, seen);
    if (rest !== undefined) return [next, ...rest];
  }
  return undefined;
}

const partsKnown = new WeakMap<ReadonlyMap<string, Source>, Map<string, ReadonlySet<string>>>();

/** Returns the other parts of a folder that one part imports. */
function partsBelow(folder: string, part: string, all: ReadonlyMap<string, Source>): ReadonlySet<string> {
  const known = partsKnown.get(all) ?? new Map<string, ReadonlySet<string>>();
  partsKnown.set(all, known);
  const key = `${folder}/${part}`;
  const before = known.get(key);
  if (before) return before;
  const below = new Set<string>();
  known.set(key, below);
  for (const source of all.values()) {
    if (partOf(source.path, folder) !== part) continue;
    for (const each of listImports(source)) {
      const other = partOf(fileOf(each, all) ?? '', folder);
      if (other !== undefined && other !== part) below.add(other);
    }
  }
  return below;
}

/** Returns the file of an import: a page's `./x.js` may be `x.tsx`. */
function fileOf({ path }: Import, all: ReadonlyMap<string, Source>): string | undefined {
  return path !== undefined && !all.has(path) && all.has(`${path}x`) ? `${path}x` : path;
}

/**
 * An application imports itself and `apps/kit`, and no other application. Its server and its page meet only in
 * `shared`, and those of the kit do the same.
 */
export const holdAppBorders: Rule = (source) => {
  const [, own, part] = appOf(source.path);
  if (own === undefined) return [];
  return listImports(source).flatMap(({ specifier, path, offset }) => {
    if (path === undefined) return [];
    const [, app, target] = appOf(path);
    const isNear = app === own && specifier.startsWith('.');
    if (!isNear && (app !== 'kit' || specifier.startsWith('.'))) {
      return [
        finding(source, offset, `an application imports itself, and naru and naru-apps-kit by name: ${specifier}`),
      ];
    }
    const isFree = part === undefined || target === part || target === 'shared';
    return isFree ? [] : [finding(source, offset, `${part} must not import ${target ?? 'this'}: ${specifier}`)];
  });
};

/** The application of a path, and the end of it that the file belongs to: server, page or shared. */
function appOf(path: string): (string | undefined)[] {
  return /^apps\/([^/]+)\/(?:(server|page|shared)\/)?/.exec(path) ?? [];
}

/** Every relative import of a module leads to a file. */
export const holdImportsExist: Rule = (source, all) =>
  listImports(source)
    .filter((each) => each.path?.endsWith('.ts') && !all.has(fileOf(each, all) ?? ''))
    .map(({ specifier, offset }) => finding(source, offset, `${specifier} does not exist`));
