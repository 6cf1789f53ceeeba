// Starts the game as a process of its own, for the measurements, and reads what it costs.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Builds a module of the game, and returns what it exports. */
export async function load(name) {
  const folder = mkdtempSync(join(tmpdir(), 'arena-bench-'));
  try {
    const bundle = await rolldown({ input: path(name), platform: 'node', logLevel: 'silent' });
    await bundle.write({ dir: folder, entryFileNames: 'module.mjs' });
    return await import(join(folder, 'module.mjs'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Starts a server. `core` is the core that it is bound to, and `profile` a folder for a profile of its processor time. */
export async function startServer({ core, env = {}, profile, listen = [], data = 'memory' }) {
  const flags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const main = path('../../../dist/esm/cli/main.js');
  const endpoints = listen.flatMap((endpoint) => ['--listen', endpoint]);
  const args = [
    ...flags,
    main,
    'serve',
    path('..'),
    '--port',
    '0',
    '--host',
    '127.0.0.1',
    '--data',
    data,
    ...endpoints,
  ];
  const command = core === undefined ? [process.execPath, ...args] : ['taskset', '-c', core, process.execPath, ...args];
  const [file, ...rest] = command;
  const child = spawn(file, rest, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } });
  const port = await new Promise((resolve, reject) => {
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += chunk;
      const found = /http:\/\/[^\s/]+:(\d+)/.exec(said);
      if (found) resolve(Number(found[1]));
    });
    child.once('exit', (code) => reject(new RangeError(`the server ended with ${code}: ${said}`)));
  });
  return {
    port,
    pid: child.pid,
    /** Seconds of processor time so far. */
    processor: () => {
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
      return (Number(fields[11]) + Number(fields[12])) / 100;
    },
    /** Bytes of memory that belong to the process alone. */
    memory: () => Number(/RssAnon:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) * 1_024,
    async stop() {
      child.removeAllListeners('exit');
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGINT');
      await ended;
    },
  };
}
