/** Checks the edges of a file: a doc sentence on each export, and a test beside each source. */
import type { Node } from 'oxc-parser';
import { type Finding, finding, type Rule, type Source } from './source.js';

/** Every export of a source has a doc comment with at least one sentence. Overloads share the first one's. */
export const holdDocs: Rule = (source) => {
  const findings: Finding[] = [];
  const documented = new Set<string>();
  for (const node of source.program.body) {
    if (node.type !== 'ExportNamedDeclaration' || node.declaration === null) continue;
    const names = namesOf(node.declaration);
    if (hasDoc(source, node.start)) for (const name of names) documented.add(name);
    const bare = names.filter((name) => !documented.has(name));
    if (bare.length > 0)
      findings.push(finding(source, node.start, `${bare.join(', ')} is exported without a doc sentence`));
  }
  return [...findings, ...findListed(source)];
};

/** Names that are declared first and exported later, in a list. */
function findListed(source: Source): Finding[] {
  const listed = new Map<string, number>();
  for (const node of source.program.body) {
    if (node.type !== 'ExportNamedDeclaration' || node.source !== null) continue;
    for (const { local, start } of node.specifiers) if (local.type === 'Identifier') listed.set(local.name, start);
  }
  return source.program.body.flatMap((node) =>
    namesOf(node)
      .filter((name) => listed.has(name) && !hasDoc(source, node.start))
      .map((name) => finding(source, node.start, `${name} is exported without a doc sentence`)),
  );
}

function namesOf(node: Node): string[] {
  if (node.type === 'VariableDeclaration') {
    return node.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : []));
  }
  if (!('id' in node) || node.id === null || typeof node.id !== 'object') return [];
  return 'name' in node.id && typeof node.id.name === 'string' ? [node.id.name] : [];
}

/** Whether a JSDoc comment with words in it ends right before `offset`. */
function hasDoc(source: Source, offset: number): boolean {
  const comment = source.comments.findLast(({ end }) => end <= offset);
  if (comment?.type !== 'Block' || !comment.value.startsWith('*')) return false;
  if (source.text.slice(comment.end, offset).trim() !== '') return false;
  const lines = comment.value
    .slice(1)
    .split('\n')
    .map((line) => line.replace(/^\s*\*?\s*/, '').trim());
  const first = lines.find((line) => line !== '') ?? '';
  return !first.startsWith('@') && /\S\s+\S/.test(first);
}

/** Whether a module only declares types, or only re-exports. */
export function isDeclarationOnly(source: Source): boolean {
  return source.program.body.every((node) => {
    switch (node.type) {
      case 'ImportDeclaration':
      case 'ExportAllDeclaration':
      case 'TSInterfaceDeclaration':
      case 'TSTypeAliasDeclaration':
        return true;
      case 'ExportNamedDeclaration':
        return node.declaration === null || node.exportKind === 'type';
      default:
        return false;
    }
  });
}

/** Every source that can run has its test in its package: `src/a/b.ts` has `test/a/b.test.ts`, or `test/a/b/`. */
export function holdCompanions(all: ReadonlyMap<string, Source>, paths: ReadonlySet<string>): Finding[] {
  const tests = [...paths].filter((path) => path.endsWith('.test.ts'));
  return [...all.values()].flatMap((source) => {
    const stem = source.path.replace('/src/', '/test/').replace(/\.ts$/, '');
    const isTested = tests.some((path) => path.startsWith(`${stem}.`) || path.startsWith(`${stem}/`));
    return isTested || isDeclarationOnly(source) ? [] : [finding(source, 0, `has no test; ${stem}.test.ts is missing`)];
  });
}
