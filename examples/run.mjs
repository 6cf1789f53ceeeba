// Builds the package if needed, and runs one example: node examples/run.mjs echo
//
// Node 22.18 and newer run TypeScript as it is. For older versions, rolldown removes the types first.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const name = process.argv[2] ?? '';
const source = join(root, 'examples', `${name}.ts`);
if (!/^[a-z-]+$/.test(name) || !existsSync(source)) {
  console.error(
    `There is no example "${name}". Examples are the .ts files in examples/; try: node examples/run.mjs echo`,
  );
  process.exit(1);
}

execFileSync(process.execPath, [join(root, 'scripts/build.mjs'), '--no-apps', '--quiet'], { stdio: 'inherit' });

let file = source;
if (!process.features.typescript) {
  const { build } = await import('rolldown');
  file = join(root, 'node_modules/.cache/naru', `example-${name}.mjs`);
  await build({ input: source, external: () => true, output: { file, format: 'esm' }, logLevel: 'warn' });
}

const child = spawn(process.execPath, [file, ...process.argv.slice(3)], { stdio: 'inherit' });
// A terminal sends Ctrl-C to both processes. The child ends first, and this one follows.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code) => process.exit(code ?? 0));
