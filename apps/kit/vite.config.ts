// Builds the page of an application. It runs in the folder of the application.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const outDir = resolve('dist/public');

/** Lays a .br and a .gz beside every file that becomes smaller, so that no request has to wait for compression. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    async closeBundle() {
      const names = (await readdir(outDir, { recursive: true })).filter((name) =>
        /\.(js|css|html|svg|json|webmanifest|txt)$/.test(name),
      );
      await Promise.all(
        names.map(async (name) => {
          const file = join(outDir, name);
          const bytes = await readFile(file);
          if (bytes.length < 512) return;
          const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
          await writeFile(`${file}.br`, await promisify(brotliCompress)(bytes, quality));
          await writeFile(`${file}.gz`, await promisify(gzip)(bytes, { level: 9 }));
        }),
      );
    },
  };
}

/** Adds the files of `public` in this folder to those of the application. */
function shared(): Plugin {
  return {
    name: 'shared',
    apply: 'build',
    async generateBundle() {
      const folder = new URL('public/', import.meta.url);
      for (const fileName of await readdir(folder)) {
        this.emitFile({ type: 'asset', fileName, source: await readFile(new URL(fileName, folder)) });
      }
    },
  };
}

export default defineConfig({
  root: resolve('page'),
  publicDir: resolve('public'),
  build: {
    outDir,
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  plugins: [shared(), compressed()],
});
