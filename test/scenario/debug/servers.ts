/** Starts the servers of a problem with debug output, and reads the lines. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, onTestFinished } from 'vitest';
import { root } from '../../tidy/source.js';
import type { FromServers, Problem } from './problem.js';

/** A line of debug output in its parts. */
export interface DebugLine {
  /** The whole line. */
  readonly text: string;
  readonly name: string;
  readonly facts: Readonly<Record<string, string>>;
  readonly remedy: string | undefined;
}

/** Running servers. */
export interface Servers {
  readonly ports: readonly number[];
  /** The address of the first server. */
  readonly url: string;
  /** Resolves with the first line of a tap whose facts have these values. */
  find(name: string, facts?: Readonly<Record<string, string | RegExp>>): Promise<DebugLine>;
  /** Returns the names of all lines so far. */
  names(): Set<string>;
}

/** The lines of all servers with all taps, and the sids and pids of their clients. */
export const everything = { lines: [] as string[], secrets: new Set<string>() };

const LINE =
  /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) naru ([a-z]+\.[a-z-]+)((?: \w+=(?:[^\s"|]+|"(?:[^"\\]|\\.)*"))*)(?: \| (.+))?$/;

/** Reads a line. Returns `undefined` for one that is not of a tap. */
export function readLine(text: string): DebugLine | undefined {
  const [, , name, pairs = '', remedy] = LINE.exec(text) ?? [];
  if (name === undefined) return undefined;
  const found = pairs.matchAll(/ (\w+)=([^\s"]+|"(?:[^"\\]|\\.)*")/g);
  const facts = [...found].map(([, key = '', value = '']) => [
    key,
    value.startsWith('"') ? (JSON.parse(value) as string) : value,
  ]);
  return { text, name, facts: Object.fromEntries(facts), remedy };
}

const program = { file: '' };

/** Joins the sources of the program and of the packages to one file in a folder, so that no build is needed. */
export async function bundleProgram(folder: string): Promise<void> {
  program.file = join(folder, 'program.mjs');
  await build({
    entryPoints: [join(root, 'test/scenario/debug/program.ts')],
    outfile: program.file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'silent',
    tsconfig: join(root, 'tsconfig.json'),
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
}

/** Starts the servers of a problem, which end with the test. */
export async function startServers(problem: Problem, debug = 'all'): Promise<Servers> {
  const child = fork(program.file, [JSON.stringify(problem)], {
    env: { PATH: process.env.PATH, NARU_DEBUG: debug },
    execArgv: [],
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  onTestFinished(() => end(child));
  const lines: string[] = [];
  let rest = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
    if (debug === 'all') everything.lines.push(...parts);
  });
  const ports = await new Promise<readonly number[]>((resolve, reject) => {
    child.on('message', (message: FromServers) => {
      if ('ports' in message) resolve(message.ports);
      else for (const secret of message.secrets) everything.secrets.add(secret);
    });
    child.once('exit', (code) => reject(new Error(`The servers ended with ${code}: ${lines.join('\n')}`)));
  });
  const find: Servers['find'] = async (name, wanted = {}) => {
    let found: DebugLine | undefined;
    await expect
      .poll(() => {
        found = lines.map(readLine).find((line) => line?.name === name && hasFacts(line, wanted));
        return found !== undefined || lines;
      })
      .toBe(true);
    return found as DebugLine;
  };
  const names = (): Set<string> => new Set(lines.flatMap((line) => readLine(line)?.name ?? []));
  return { ports, url: `http://127.0.0.1:${ports[0]}`, find, names };
}

function hasFacts({ facts }: DebugLine, wanted: Readonly<Record<string, string | RegExp>>): boolean {
  return Object.entries(wanted).every(([key, value]) =>
    typeof value === 'string' ? facts[key] === value : value.test(facts[key] ?? ''),
  );
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'close');
  child.kill('SIGKILL');
  await ended;
}
