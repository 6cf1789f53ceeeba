// npm run soak: whole servers and clients on a simulated clock and network, for any number of seeds and minutes. See
// test/README.md.
//
// With --entries N real clients enter rooms of real servers with history (test/scenario/entering). With --real it uses
// real processes and kills them (soak-real.mjs). With --lossy the kernel loses packets (soak-lossy.mjs). With --mutants
// it makes deliberate defects, and looks whether the checks notice them (mutants.mjs).
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The simulation is in TypeScript sources, which are bundled into one file, so that no build is needed. */
async function bundleInto(source, into) {
  const { rolldown } = await import('rolldown');
  const bundle = await rolldown({
    input: join(root, source),
    cwd: root,
    platform: 'node',
    // The packages of Naru are bundled from their sources: tsconfig.json has the paths.
    external: (id) => !/^([./]|@?naru(\/|$))/.test(id),
    tsconfig: join(root, 'tsconfig.json'),
    logLevel: 'silent',
  });
  await bundle.write({ file: into, format: 'esm', sourcemap: 'inline', codeSplitting: false });
  await bundle.close();
}

const args = process.argv.slice(2);
if (args.includes('--real')) {
  // The program reads the arguments itself.
  await import('./soak-real.mjs');
} else if (args.includes('--lossy')) {
  await import('./soak-lossy.mjs');
} else if (args.includes('--mutants')) {
  await import('./mutants.mjs');
} else {
  const isEntering = args.includes('--entries');
  const folder = join(root, 'node_modules/.cache/naru');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `soak-${process.pid}.mjs`);
  process.once('exit', () => rmSync(file, { force: true }));
  await bundleInto(isEntering ? 'test/scenario/entering/main.ts' : 'test/scenario/soak/main.ts', file);
  process.setSourceMapsEnabled(true);
  const { main } = await import(pathToFileURL(file).href);
  process.exitCode = await main(args, file);
  if (isEntering) process.exit();
}
