// Imports TypeScript modules of the tests in programs that run without a test runner.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Imports the module at a path from the project's root. It is bundled into one file first. */
export async function importTyped(path) {
  const { rolldown } = await import('rolldown');
  const folder = join(root, 'node_modules/.cache/naru');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `typed-${process.pid}-${path.replaceAll('/', '-')}.mjs`);
  const tsconfig = join(root, 'tsconfig.json');
  const bundle = await rolldown({ input: join(root, path), cwd: root, platform: 'node', logLevel: 'silent', tsconfig });
  await bundle.write({ file, format: 'esm', codeSplitting: false });
  await bundle.close();
  return await import(pathToFileURL(file).href).finally(() => rmSync(file, { force: true }));
}
