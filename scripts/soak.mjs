// npm run soak: whole servers and clients on a simulated clock and network, for as many seeds and minutes as wanted. docs/testing.md.
//
// With --real it is the same with real processes, which are killed; see soak-real.mjs. With --lossy the kernel loses packets; see soak-lossy.mjs.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The simulation is TypeScript of the sources: it is joined to one file, so that nothing needs to be built before. */
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
  // It reads the arguments of the program itself.
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
