import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The output of a program, and how it ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running program. */
export interface Program {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves with the first match in the program's output; rejects when the program ends without one. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  /** Returns what the program has written to standard error. */
  complaints(): string;
}

/** Brings the modules of dist up to date, so that the tested program is the one in the sources. */
export async function build(): Promise<void> {
  const child = spawn(process.execPath, ['scripts/build.mjs', '--only-modules', '--quiet'], {
    cwd: root,
    stdio: 'ignore',
  });
  await once(child, 'exit');
}

/** Starts the built program `naru`, and ends it with the test. */
export function startNaru(args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  return startProgram([`${root}/packages/cli/dist/esm/main.js`, ...args], env);
}

/** Starts a program with Node, and ends it with the test. */
export function startProgram(args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return follow(child);
}

/** Follows what a process writes, until it ends. */
export function follow(child: ChildProcess): Program {
  const written = { stdout: '', stderr: '' };
  const watchers = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      written[name] += text;
      for (const watch of watchers) watch();
    });
  }
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, ...written }) as Ended);
  const waitFor = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const watch = () => {
        const match = pattern.exec(written.stdout);
        if (match !== null) resolve(match);
      };
      watchers.add(watch);
      watch();
      ended.then(({ stderr }) => reject(new Error(`it ended without ${pattern}: ${stderr}`)), reject);
    });
  return { child, ended, waitFor, complaints: () => written.stderr };
}
