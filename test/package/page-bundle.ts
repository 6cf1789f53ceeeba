/** Bundles a page that uses the package, as its users do. */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { build as buildWithVite } from 'vite';

/** A bundled page. */
export interface PageBundle {
  /** The files by their names. */
  readonly files: ReadonlyMap<string, string>;
  /** The files that the page loads at once: the entry, and everything that it imports statically. */
  readonly loaded: readonly string[];
}

/** Bundles `source` in `folder` with esbuild, with export conditions such as `production`. */
export async function bundlePage(
  folder: string,
  source: string,
  conditions: readonly string[] = ['production'],
  target = 'es2022',
): Promise<PageBundle> {
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
  const found = new Set([entry as string]);
  for (const path of found) {
    for (const each of outputs.get(path)?.imports ?? []) {
      if (each.kind === 'import-statement') found.add(resolve(folder, each.path));
    }
  }
  return { files, loaded: [...found].map((path) => path.slice(outdir.length + 1)) };
}

/** Bundles `source` in `folder` with Vite for production. */
export async function bundlePageWithVite(folder: string, source: string): Promise<PageBundle> {
  writeFileSync(join(folder, 'page.js'), source);
  writeFileSync(join(folder, 'index.html'), '<!doctype html><script type="module" src="/page.js"></script>');
  // Vite asks for `production` only in this environment. Vitest has set another one.
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = 'production';
  const result = await buildWithVite({
    root: folder,
    configFile: false,
    logLevel: 'error',
    build: { write: false },
  }).finally(() => {
    process.env.NODE_ENV = NODE_ENV;
  });
  const { output } = [result].flat()[0] as { output: { type: string; fileName: string; code: string }[] };
  const chunks = output.filter(({ type }) => type === 'chunk') as unknown as {
    fileName: string;
    code: string;
    isEntry: boolean;
    imports: string[];
  }[];
  const found = new Set(chunks.filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName));
  for (const name of found) {
    for (const next of chunks.find(({ fileName }) => fileName === name)?.imports ?? []) found.add(next);
  }
  return { files: new Map(chunks.map(({ fileName, code }) => [fileName, code])), loaded: [...found] };
}

/** Returns the compressed bytes of the files that a page loads at once. */
export function loadedBytes({ files, loaded }: PageBundle): number {
  return loaded.reduce((sum, name) => sum + gzipSync(files.get(name) as string, { level: 9 }).length, 0);
}
