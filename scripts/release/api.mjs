// Writes the public API of a package: the declarations of what each entry exports, without comments. The reports stand
// in api/, so that a review sees each change of the API.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parseSync } from 'oxc-parser';

const HEAD =
  '// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.\n';

/** Returns the reports of a package: the text by the name of the file in api/. */
export function reportsOf({ name, folder }, root) {
  const dist = join(root, folder, 'dist/esm');
  const entries = join(dist, 'entry');
  if (!existsSync(entries)) return {};
  const names = readdirSync(entries, { recursive: true })
    .map((each) => each.replaceAll('\\', '/'))
    .filter((each) => each.endsWith('.d.ts') && !each.startsWith('parts/'));
  const files = new Map();
  const read = (file) => {
    if (!files.has(file)) files.set(file, readDeclarations(file, readFileSync(join(dist, file), 'utf8')));
    return files.get(file);
  };
  return Object.fromEntries(
    names.sort().map((each) => [`${name.replace('@naru/', '')}/${each}`, HEAD + reportOf(`entry/${each}`, read)]),
  );
}

/** Reads a declaration file: its declarations by name, what it imports, and what it exports. */
function readDeclarations(file, text) {
  const { program, comments } = parseSync(file, text);
  const without = (start, end) => {
    let result = text.slice(start, end);
    for (const comment of comments.filter((each) => each.start >= start && each.end <= end).toReversed())
      result = result.slice(0, comment.start - start) + result.slice(comment.end - start);
    return result.replace(/[ \t]+$/gm, '').replace(/\n{2,}/g, '\n');
  };
  const declared = new Map();
  const imported = new Map();
  const exported = new Map();
  const at = (source) =>
    source.startsWith('.') ? posix.join(posix.dirname(file), source).replace(/\.js$/, '.d.ts') : source;
  for (const node of program.body) {
    if (node.type === 'ImportDeclaration') {
      for (const each of node.specifiers)
        imported.set(each.local.name, { from: at(node.source.value), name: each.imported?.name ?? '*' });
    } else if (node.type === 'ExportNamedDeclaration') {
      for (const { local, exported: as } of node.specifiers)
        exported.set(as.name, { from: node.source ? at(node.source.value) : undefined, name: local.name });
      if (node.declaration) add(node.declaration, node);
    } else if (node.type === 'ExportAllDeclaration') {
      exported.set(`* ${node.source.value}`, { from: at(node.source.value), name: '*' });
    } else add(node, node);
  }
  function add(node, { start, end }) {
    const names = node.declarations?.map(({ id }) => id.name) ?? [node.id?.name];
    for (const name of names) declared.set(name, [...(declared.get(name) ?? []), without(start, end)]);
  }
  return { declared, imported, exported };
}

/** Returns the declarations of what an entry exports, sorted by name. */
function reportOf(entry, read) {
  const parts = [];
  const seen = new Set();
  const visit = (file) => {
    for (const [as, { from, name }] of read(file).exported) {
      if (name === '*' && from.endsWith('.d.ts')) visit(from);
      else parts.push([as, from === undefined ? local(file, name) : published(from, name)]);
    }
  };
  visit(entry);
  const names = new Set(parts.map(([as]) => `${as}, a base class`));
  return parts
    .filter(([as]) => !names.has(as))
    .sort(([a], [b]) => (a < b ? -1 : Number(a > b)))
    .map(([as, text]) => `\n// ${as}\n${text}\n`)
    .join('');

  /** Returns the declaration that a file exports under a name. */
  function published(file, name) {
    if (!file.endsWith('.d.ts')) return `export { ${name} } from '${file}';`;
    const { from, name: inside } = read(file).exported.get(name);
    return from === undefined ? local(file, inside) : published(from, inside);
  }

  /** Returns the declaration that a file calls by a name. */
  function local(file, name) {
    const { declared, imported } = read(file);
    if (!declared.has(name)) {
      const { from, name: outside } = imported.get(name);
      return published(from, outside);
    }
    const text = declared.get(name).join('\n');
    const [, base] = /\bclass \w+ extends (\w+)/.exec(withoutTypeParameters(text.split('{\n')[0])) ?? [];
    const isHidden = base !== undefined && (declared.has(base) || imported.has(base));
    if (isHidden && !seen.has(base)) {
      seen.add(base);
      parts.push([`${base}, a base class`, local(file, base)]);
    }
    return text;
  }
}

/** Returns the head of a class without what stands between `<` and `>`, where `extends` says something else. */
function withoutTypeParameters(head) {
  const shorter = head.replace(/<[^<>]*>/g, '');
  return shorter === head ? head : withoutTypeParameters(shorter);
}
