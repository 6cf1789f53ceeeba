import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listPackages } from '../../scripts/build/packages.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

const PACKAGES = listPackages(root) as readonly { readonly name: string; readonly dependencies?: object }[];

/** The names of all packages of the repository. */
export const EVERY_PACKAGE: readonly string[] = PACKAGES.map(({ name }) => name);

/** A user's project that has installed packages as they would be published. */
export interface Consumer {
  readonly folder: string;
  /** The files of each published package, by its name. */
  readonly published: Readonly<Record<string, readonly string[]>>;
  /** Writes a file of the project and runs it with Node, with `flags` first. Returns its output. */
  run(name: string, source: string, flags?: readonly string[]): string;
  /** Writes files of the project and checks their types. Returns the errors of the compiler. */
  check(files: Readonly<Record<string, string>>, flags: readonly string[]): string;
  remove(): void;
}

/** Builds and packs the packages `own`, and unpacks them into the node_modules of a new project, with `others`. */
export function makeConsumer(others: readonly string[] = [], own: readonly string[] = EVERY_PACKAGE): Consumer {
  // `npm run types` finds type errors. The build writes all files even if there are some.
  spawnSync(process.execPath, ['scripts/build.mjs', '--no-apps', '--quiet'], { cwd: root, stdio: 'ignore' });
  const folder = mkdtempSync(join(tmpdir(), 'naru-package-'));
  const words = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const chosen = own.flatMap((name) => ['--workspace', name]);
  const packed = JSON.parse(execFileSync('npm', [...words, ...chosen], { cwd: root, encoding: 'utf8' })) as {
    readonly name: string;
    readonly filename: string;
    readonly files: readonly { readonly path: string }[];
  }[];
  const modules = join(folder, 'node_modules');
  for (const { name, filename } of packed) {
    mkdirSync(join(modules, name), { recursive: true });
    execFileSync('tar', ['-xzf', join(folder, filename), '-C', join(modules, name), '--strip-components=1']);
  }
  linkDependencies(modules, own, others);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  return {
    folder,
    published: Object.fromEntries(packed.map(({ name, files }) => [name, files.map(({ path }) => path)])),
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

/** Links the packages that `own` depend on, the types of Node, and `others` into the project. */
function linkDependencies(modules: string, own: readonly string[], others: readonly string[]): void {
  const needed = PACKAGES.filter(({ name }) => own.includes(name)).flatMap(({ dependencies = {} }) =>
    Object.keys(dependencies),
  );
  for (const name of new Set([...needed, '@types/node', ...others])) {
    if (EVERY_PACKAGE.includes(name)) continue;
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
}
