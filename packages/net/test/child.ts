import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { onTestFinished } from 'vitest';
import { makeFolder } from './pair.js';

/** A program in another process, and its output line by line. */
export interface Child {
  readonly process: ChildProcess;
  /** The next line of its output. Rejects when the program ends first. */
  line(): Promise<string>;
}

const entry = fileURLToPath(new URL('../src/entry/index.ts', import.meta.url));

/**
 * Runs a module that may import `./net.mjs`. `command` builds the command line from the paths of Node and of the
 * module.
 */
export async function runChild(
  source: string,
  command: (node: string, module: string) => readonly string[] = (...words) => words,
): Promise<Child> {
  const folder = makeFolder();
  await build({ input: entry, platform: 'node', output: { file: join(folder, 'net.mjs') }, logLevel: 'silent' });
  const module = join(folder, 'child.mjs');
  writeFileSync(module, source);
  const [file = '', ...args] = command(process.execPath, module);
  return watch(spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] }));
}

/** Watches any program, with its output by lines. The program is killed when the test is over. */
export function watch(child: ChildProcess): Child {
  const lines = createInterface({ input: child.stdout ?? process.stdin })[Symbol.asyncIterator]();
  onTestFinished(() => void child.kill('SIGKILL'));
  return {
    process: child,
    async line() {
      const { value, done } = await lines.next();
      if (done) throw new Error('the program has ended');
      return value;
    },
  };
}
