// Bundles a page that uses the packages, as their users do, and measures what it loads.
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { build as buildWithVite } from 'vite';

/**
 * Bundles `source` in `folder` with esbuild, with export conditions such as `production`. Returns the files by their
 * names, and the names of those that the page loads at once: the entry, and everything that it imports statically.
 * @param {string} folder
 * @param {string} source
 * @param {readonly string[]} conditions
 * @param {string} target
 */
export async function bundlePage(folder, source, conditions = ['production'], target = 'es2022') {
  const outdir = join(folder, 'out');
  const { outputFiles, metafile } = await build({
    stdin: { contents: source, resolveDir: folder },
    absWorkingDir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    minify: true,
    target,
    conditions: [...conditions],
    outdir,
    write: false,
    metafile: true,
    logLevel: 'error',
  });
  const files = new Map(outputFiles.map(({ path, text }) => [path.slice(outdir.length + 1), text]));
  const outputs = new Map(Object.entries(metafile.outputs).map(([path, output]) => [resolve(folder, path), output]));
  const [entry] = [...outputs].find(([, { entryPoint }]) => entryPoint === '<stdin>') ?? [];
  const found = new Set([entry]);
  for (const path of found) {
    for (const each of outputs.get(path)?.imports ?? []) {
      if (each.kind === 'import-statement') found.add(resolve(folder, each.path));
    }
  }
  return { files, loaded: [...found].map((path) => path.slice(outdir.length + 1)) };
}

/**
 * Bundles `source` in `folder` with Vite for production, as `bundlePage` does.
 * @param {string} folder
 * @param {string} source
 */
export async function bundlePageWithVite(folder, source) {
  writeFileSync(join(folder, 'page.js'), source);
  writeFileSync(join(folder, 'index.html'), '<!doctype html><script type="module" src="/page.js"></script>');
  // Vite asks for `production` only in this environment. A test runner has set another one.
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = 'production';
  const options = { root: folder, configFile: false, logLevel: 'error', build: { write: false } };
  const result = await buildWithVite(options).finally(() => {
    process.env.NODE_ENV = NODE_ENV;
  });
  const chunks = [result].flat()[0].output.filter(({ type }) => type === 'chunk');
  const found = new Set(chunks.filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName));
  for (const name of found) {
    for (const next of chunks.find(({ fileName }) => fileName === name)?.imports ?? []) found.add(next);
  }
  return { files: new Map(chunks.map(({ fileName, code }) => [fileName, code])), loaded: [...found] };
}

/** Returns the bytes, compressed with gzip -9, of the files that a page loads at once. */
export function loadedBytes({ files, loaded }) {
  return loaded.reduce((sum, name) => sum + gzipSync(files.get(name), { level: 9 }).length, 0);
}
