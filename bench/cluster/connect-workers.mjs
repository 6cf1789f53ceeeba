/**
 * Connects of clients of Socket.IO with default transports, one after another: workers behind one port, against one
 * process on the same kind of log. The time runs from the call until `connect`. Each request of the client takes a
 * connection of its own, so most of them come to a worker that does not have the session. The two take turns. It leaves
 * out the upgrade, TLS, and many clients at once.
 *
 * Usage: node bench/cluster/connect-workers.mjs [--workers 4] [--connects 100] [--rounds 10]
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { io as connect } from 'socket.io-client';
import { local } from '../../packages/local/dist/esm/entry/index.js';
import { cluster } from '../../packages/naru/dist/esm/entry/cluster.js';
import { Server } from '../../packages/naru/dist/esm/entry/index.js';
import { median, spread } from '../statistics.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    workers: { type: 'string', default: '4' },
    connects: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '10' },
  },
});
const [role, folder = '', port = '0'] = positionals;

/** @param {number} workers 0 for a process without any */
async function serve(workers) {
  const start = async () => {
    const http = createServer();
    const io = new Server(http, { backplane: local(folder), connectionStateRecovery: {} });
    http.listen(Number(port), '127.0.0.1');
    await once(http, 'listening');
    return io;
  };
  if (workers > 0) await cluster({ workers }, start);
  else await start();
  process.send?.('ready');
  process.once('disconnect', () => process.exit(0));
}

/** Starts a program, and resolves with its URL. @param {string} name @param {number} workers */
async function startProgram(name, workers) {
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port: at } = /** @type {import('node:net').AddressInfo} */ (free.address());
  await new Promise((resolve) => free.close(resolve));
  const words = ['serve', join(home, name), `${at}`, '--workers', `${workers}`];
  const child = fork(fileURLToPath(import.meta.url), words);
  await once(child, 'message');
  return {
    child,
    url: `http://127.0.0.1:${at}`,
    name,
    ms: /** @type {number[]} */ ([]),
    cpuMs: /** @type {number[]} */ ([]),
  };
}

/** Milliseconds of CPU time in one tick of Linux. */
const TICK_MS = 10;

/** Returns the CPU time of a process and its children, in milliseconds. @param {number | undefined} pid */
function cpuMsOf(pid) {
  let ms = 0;
  for (const each of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      // The name of the program, in parentheses, may have spaces. The state, the parent and ten other fields follow.
      const fields = readFileSync(`/proc/${each}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      if (Number(each) === pid || Number(fields[1]) === pid) ms += (Number(fields[11]) + Number(fields[12])) * TICK_MS;
    } catch {
      // The process has ended.
    }
  }
  return ms;
}

/**
 * Connects a client, waits for its upgrade, and closes it. Resolves with the milliseconds until it was
 * connected. @param {string} url
 */
async function connectOnce(url) {
  const from = performance.now();
  const socket = connect(url, { forceNew: true, reconnection: false });
  await new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(undefined));
    socket.once('connect_error', reject);
  });
  const ms = performance.now() - from;
  const { engine } = socket.io;
  if (engine.transport.name === 'polling') await new Promise((resolve) => engine.once('upgrade', resolve));
  socket.close();
  return ms;
}

let home = '';
if (role === 'serve') await serve(Number(values.workers));
else {
  home = mkdtempSync(join(tmpdir(), 'naru-bench-'));
  const programs = [await startProgram('one process', 0), await startProgram('workers', Number(values.workers))];
  try {
    const connects = Number(values.connects);
    for (const { url } of programs) for (let n = 0; n < connects; n += 1) await connectOnce(url);
    const ratios = [];
    for (let round = 0; round < Number(values.rounds); round += 1) {
      /** @type {number[]} */
      const medians = [];
      for (const { child, url, ms, cpuMs } of programs) {
        const own = [];
        const before = cpuMsOf(child.pid);
        for (let n = 0; n < connects; n += 1) own.push(await connectOnce(url));
        cpuMs.push((cpuMsOf(child.pid) - before) / connects);
        ms.push(...own);
        medians.push(median(own));
      }
      const [one = Number.NaN, many = Number.NaN] = medians;
      ratios.push(many / one);
      console.log(
        `round ${round + 1}: one process ${one.toFixed(2)} ms, ${values.workers} workers ${many.toFixed(2)} ms`,
      );
    }
    for (const { name, ms, cpuMs } of programs)
      console.log(
        `${name}: median ${median(ms).toFixed(2)} ms of ${ms.length}, CPU ${median(cpuMs).toFixed(2)} ms each`,
      );
    const ratio = spread(ratios);
    console.log(`ratio: ${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)} to ${ratio.max.toFixed(2)})`);
  } finally {
    for (const { child } of programs) child.disconnect();
    await Promise.all(programs.map(({ child }) => once(child, 'exit')));
    rmSync(home, { recursive: true, force: true });
  }
}
