/** Lists the imports of a module, in every form. */
import { posix } from 'node:path';
import { type Source, walk } from './source.js';

/** One import of a module by another. */
export interface Import {
  /** As written. */
  readonly specifier: string;
  /** The file in the repository that it leads to, or undefined for packages and node: modules. */
  readonly path: string | undefined;
  readonly offset: number;
  /** Whether the import disappears at run time. */
  readonly isType: boolean;
}

/** The workspace with what the applications share. They import it by its name. */
const kit = 'naru-apps-kit/';

/** Returns the package of a specifier, without the path in it. */
export const packageIn = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

const known = new WeakMap<Source, Import[]>();

/** Every import of `source`: values, types, re-exports, `import()` of values and of types. */
export function listImports(source: Source): readonly Import[] {
  const before = known.get(source);
  if (before !== undefined) return before;
  const imports: Import[] = [];
  known.set(source, imports);
  walk(source.program, (node) => {
    switch (node.type) {
      case 'ImportDeclaration':
        imports.push(read(source, node.source.value, node.start, node.importKind === 'type'));
        break;
      case 'ExportNamedDeclaration':
      case 'ExportAllDeclaration':
        if (node.source !== null) imports.push(read(source, node.source.value, node.start, node.exportKind === 'type'));
        break;
      case 'ImportExpression':
      case 'TSImportType':
        if (node.source.type === 'Literal') {
          imports.push(read(source, String(node.source.value), node.start, node.type === 'TSImportType'));
        }
        break;
    }
  });
  return imports;
}

function read(source: Source, specifier: string, offset: number, isType: boolean): Import {
  const isOfKit = specifier.startsWith(kit);
  if (!isOfKit && !specifier.startsWith('.')) return { specifier, path: undefined, offset, isType };
  const folder = isOfKit ? 'apps/kit' : posix.dirname(source.path);
  const joined = posix.join(folder, isOfKit ? specifier.slice(kit.length) : specifier);
  const path = source.path.endsWith('.ts') || source.path.endsWith('.tsx') ? joined.replace(/\.js$/, '.ts') : joined;
  return { specifier, path, offset, isType };
}
