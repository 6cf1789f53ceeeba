// Starts a server of the measurements as a process of its own, and reads what it costs.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const NARU = fileURLToPath(new URL('../../../packages/cli/dist/esm/main.js', import.meta.url));

/**
 * The arguments of Node that serve an application from its folder. `data` is a folder or `memory`, and `listen` are
 * further endpoints.
 */
export function serving(folder, data, listen = []) {
  const endpoints = listen.flatMap((endpoint) => ['--listen', endpoint]);
  return [NARU, 'serve', folder, '--port', '0', '--host', '127.0.0.1', '--data', data, ...endpoints];
}

/**
 * Starts Node with arguments, and waits until the server prints its address. `core` is the processor core that it is
 * bound to.
 */
export async function launch(args, { core, env = {} } = {}) {
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
    /** Seconds of processor time so far. */
    processor: () => {
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
      return (Number(fields[11]) + Number(fields[12])) / 100;
    },
    /** Bytes of memory that belong to the process alone. Files of the log that are mapped do not count. */
    memory: () => Number(/RssAnon:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) * 1_024,
    /** Ends the process, and waits until it is gone. */
    async stop(signal = 'SIGINT') {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill(signal);
      await ended;
    },
  };
}
