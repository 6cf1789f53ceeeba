// Joins the declarations of a package like its modules: one file for each entry, and shared parts in entry/parts.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { parseSync } from 'oxc-parser';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';
import { partOf } from './joined.mjs';

/** An addition to an interface of another module: `declare module './x.js' { interface A extends B {} }`. */
const ADDITION = /^declare module '(\.[^']+)' \{\n([\s\S]*?)^\}\n/gm;

/**
 * Moves each addition to the module of its interface. In sources it stands beside the class that it names, because
 * sources must not import each other in a circle. Joined declarations have no such modules any more.
 */
function placeAdditions(from) {
  const added = new Map();
  for (const name of readdirSync(from, { recursive: true })) {
    if (!name.endsWith('.d.ts')) continue;
    const file = join(from, name);
    for (const [, target, body] of readFileSync(file, 'utf8').matchAll(ADDITION)) {
      const to = resolve(dirname(file), target).replace(/\.js$/, '.d.ts');
      const [, owner] = /\bextends (\w+)/.exec(body) ?? [];
      const path = relative(dirname(to), file).replace(/\.d\.ts$/, '.js');
      const text = `import type { ${owner} } from './${path}';\nexport ${body.trim()}\n`;
      added.set(to, `${added.get(to) ?? ''}${text}`);
    }
  }
  return {
    name: 'place-additions',
    transform: (code, id) => ({ code: code.replace(ADDITION, '') + (added.get(id) ?? ''), map: null }),
  };
}

/** Leaves out the comments of declarations that no entry exports. Nobody can name what they describe. */
const withoutHiddenComments = {
  name: 'without-hidden-comments',
  generateBundle(_options, files) {
    const chunks = Object.values(files);
    for (const chunk of chunks.filter(({ isEntry }) => !isEntry)) {
      const bound = chunks
        .filter(({ isEntry }) => isEntry)
        .flatMap(({ importedBindings }) => importedBindings[chunk.fileName] ?? []);
      chunk.code = stripHidden(chunk.fileName, chunk.code, new Set(bound));
    }
  },
};

/** Strips the comments of all declarations of a file but for those that it exports as one of `bound`. */
function stripHidden(file, code, bound) {
  const { program, comments } = parseSync(file, code);
  const exported = program.body.filter(({ type }) => type === 'ExportNamedDeclaration');
  const shown = new Set(
    exported
      .flatMap(({ specifiers }) => specifiers)
      .filter((each) => bound.has(each.exported.name))
      .map((each) => each.local.name),
  );
  let result = code;
  for (const { type, start, end } of comments.toReversed()) {
    const owner = program.body.find((node) => node.end > end);
    const names = owner?.declarations?.map(({ id }) => id.name) ?? [owner?.id?.name];
    if (type !== 'Block' || owner === undefined || names.some((name) => shown.has(name))) continue;
    const from = code.lastIndexOf('\n', start) + 1;
    const isAlone = code.slice(from, start).trim() === '' && code[end] === '\n';
    result = isAlone ? result.slice(0, from) + result.slice(end + 1) : result.slice(0, start) + result.slice(end);
  }
  return result;
}

/** Joins the declarations of the compiled modules in `from`, and writes the files to each folder of `to`. */
export async function joinDeclarations({ name: of, from, to: [first, ...others] }) {
  if (!existsSync(join(from, 'entry'))) return;
  const names = readdirSync(join(from, 'entry'), { recursive: true }).filter((name) => name.endsWith('.d.ts'));
  const build = await rollup({
    input: Object.fromEntries(
      names.map((name) => [`entry/${name.replace(/\.d\.ts$/, '')}`, join(from, 'entry', name)]),
    ),
    plugins: [placeAdditions(from), dts(), withoutHiddenComments],
    external: (id) => /^[^./]/.test(id),
    // Types that an entry does not export can still be named through the entry that exports them. Circles of types are
    // harmless.
    onwarn: ({ code, message }) => {
      if (!/^(PLUGIN_WARNING|CIRCULAR_\w+)$/.test(code)) throw new Error(message);
    },
  });
  const { output } = await build.write({
    dir: first,
    format: 'esm',
    entryFileNames: '[name].d.ts',
    chunkFileNames: ({ name }) => `entry/parts/${basename(name, '.d')}.d.ts`,
    manualChunks: (id) => partOf(of, from, id),
  });
  await build.close();
  for (const folder of others) {
    for (const { fileName } of output) {
      mkdirSync(dirname(join(folder, fileName)), { recursive: true });
      copyFileSync(join(first, fileName), join(folder, fileName));
    }
  }
}
