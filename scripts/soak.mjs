// npm run soak: whole servers and clients on a simulated clock and network, for any number of seeds and minutes. See docs/testing.md.
//
// With --real it uses real processes and kills them (soak-real.mjs). With --lossy the kernel loses packets (soak-lossy.mjs).
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The simulation is in TypeScript sources, which are bundled into one file, so that no build is needed. */
async function bundleInto(into) {
  const { rolldown } = await import('rolldown');
  const bundle = await rolldown({
    input: join(root, 'test/scenario/soak/main.ts'),
    cwd: root,
    platform: 'node',
    external: (id) => !/^[./]/.test(id),
    logLevel: 'silent',
  });
  await bundle.write({ file: into, format: 'esm', sourcemap: 'inline' });
  await bundle.close();
}

const args = process.argv.slice(2);
if (args.includes('--real')) {
  // The program reads the arguments itself.
  await import('./soak-real.mjs');
} else if (args.includes('--lossy')) {
  await import('./soak-lossy.mjs');
} else {
  const folder = join(root, 'node_modules/.cache/naru');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `soak-${process.pid}.mjs`);
  await bundleInto(file);
  process.setSourceMapsEnabled(true);
  const { main } = await import(pathToFileURL(file).href).finally(() => rmSync(file));
  process.exitCode = await main(args);
}
