import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A user's project that has installed the package as it would be published. */
export interface Consumer {
  readonly folder: string;
  /** The files of the published package. */
  readonly published: readonly string[];
  /** Writes a file of the project and runs it with Node, with `flags` first. Returns its output. */
  run(name: string, source: string, flags?: readonly string[]): string;
  /** Writes files of the project and checks their types. Returns the errors of the compiler. */
  check(files: Readonly<Record<string, string>>, flags: readonly string[]): string;
  remove(): void;
}

/** Builds and packs the package, and unpacks it into the node_modules of a new project, together with `others`. */
export function makeConsumer(others: readonly string[] = []): Consumer {
  // `npm run types` finds type errors. The build writes all files even if there are some.
  spawnSync(process.execPath, ['scripts/build.mjs', '--no-apps', '--quiet'], { cwd: root, stdio: 'ignore' });
  const folder = mkdtempSync(join(tmpdir(), 'naru-package-'));
  const words = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const [packed] = JSON.parse(execFileSync('npm', words, { cwd: root, encoding: 'utf8' })) as [
    { filename: string; files: { path: string }[] },
  ];
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, 'naru'), { recursive: true });
  const archive = join(folder, packed.filename);
  execFileSync('tar', ['-xzf', archive, '-C', join(modules, 'naru'), '--strip-components=1']);
  linkDependencies(modules, others);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  return {
    folder,
    published: packed.files.map(({ path }) => path),
    run: (name, source, flags = []) => {
      writeFileSync(join(folder, name), source);
      return execFileSync(process.execPath, [...flags, name], { cwd: folder, encoding: 'utf8', timeout: 60_000 });
    },
    check: (files, flags) => {
      for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
      const tsc = join(root, 'node_modules/typescript/bin/tsc');
      const all = [
        tsc,
        '--noEmit',
        '--strict',
        '--target',
        'es2022',
        '--types',
        'node',
        ...flags,
        ...Object.keys(files),
      ];
      return spawnSync(process.execPath, all, { cwd: folder, encoding: 'utf8' }).stdout;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Links the packages that Naru depends on, the types of Node, and `others` into the project. */
function linkDependencies(modules: string, others: readonly string[]): void {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies?: object };
  for (const name of [...Object.keys(manifest.dependencies ?? {}), '@types/node', ...others]) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
}
