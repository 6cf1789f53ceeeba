// Starts a server of the benchmarks as a process of its own: the application, or the same rooms on socket.io.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Starts a server on one core. `kind` is `naru` or `socket.io`. Returns its address, its memory and its end. */
export async function startServer(kind) {
  const data = mkdtempSync(join(tmpdir(), 'live-bench-'));
  const naru = [path('../../../dist/esm/cli/main.js'), 'serve', path('..'), '--port', '0', '--data', data];
  const args = kind === 'naru' ? [...naru, '--host', '127.0.0.1'] : [path('./socket-io-server.mjs')];
  const core = process.env.BENCH_CORE;
  const command = core === undefined ? [process.execPath, ...args] : ['taskset', '-c', core, process.execPath, ...args];
  const [file, ...rest] = command;
  const env = { ...process.env, LIVE_VIEWERS: '100000', LIVE_REPORTER_AGE_MS: '0' };
  const child = spawn(file, rest, { stdio: ['ignore', 'pipe', 'inherit'], env });
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
    /** Bytes of memory that belong to the process alone. Files of the log that are mapped do not count. */
    memory: () => Number(/RssAnon:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) * 1_024,
    /** Seconds of processor time so far. */
    processor: () => {
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
      return (Number(fields[11]) + Number(fields[12])) / 100;
    },
    async stop() {
      child.removeAllListeners('exit');
      child.kill('SIGKILL');
      rmSync(data, { recursive: true, force: true });
    },
  };
}
