/** Runs programs written for Socket.IO, unchanged and with changed imports. */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const programs = fileURLToPath(new URL('ported/', import.meta.url));

export type Edition = 'stock' | 'naru';

/** Brings dist up to date with the sources. A type error does not prevent the build. */
export async function build(): Promise<void> {
  const child = spawn(process.execPath, ['scripts/build.mjs', '--no-apps', '--quiet'], { cwd: root, stdio: 'ignore' });
  await new Promise((resolve) => child.once('exit', resolve));
}

/** A folder with the programs and a node_modules that has naru, or socket.io and its client. */
export class Project {
  readonly #folder = mkdtempSync(join(tmpdir(), 'naru-ported-'));
  readonly #edition: Edition;

  constructor(edition: Edition) {
    this.#edition = edition;
    const modules = join(this.#folder, 'node_modules');
    mkdirSync(modules);
    for (const name of edition === 'naru' ? ['naru'] : ['socket.io', 'socket.io-client']) {
      symlinkSync(join(root, 'node_modules', name), join(modules, name));
    }
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Starts a program. `ended` resolves with its output, and rejects unless its exit code is 0. */
  start(name: string, env: Record<string, string> = {}): { child: ChildProcess; ended: Promise<string> } {
    const file = join(this.#folder, name);
    cpSync(join(programs, name), file);
    if (this.#edition === 'naru') writeFileSync(file, changeImports(readFileSync(file, 'utf8')));
    const child = spawn(process.execPath, [file], { env: { PATH: process.env.PATH, ...env }, timeout: 60_000 });
    return { child, ended: follow(child) };
  }
}

/** The only change that a program needs. */
function changeImports(source: string): string {
  return source.replaceAll(`'socket.io-client'`, `'naru/client'`).replaceAll(`'socket.io'`, `'naru'`);
}

function follow(child: ChildProcess): Promise<string> {
  let out = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve(out);
      else reject(new TypeError(`the program ended with ${String(code ?? signal)} after it printed:\n${out}`));
    });
  });
}
