/**
 * The start of two workers and the memory of one: from the first fork until both listen, and RSS without connections
 * after collecting the garbage. The workers of Naru share a log on the disk and one port. The others have
 * `node:cluster` alone, so nothing connects them. This file is also the program of each worker.
 */
import nodeCluster from 'node:cluster';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { makeFolder } from '../targets/temporary-folder.mjs';
import { settle } from '../usage.mjs';

const WORKERS = 2;

/**
 * The programs of a worker. Each resolves when it listens.
 * @type {Record<string, (folder: string) => Promise<unknown>>}
 */
const APPS = {
  async naru(folder) {
    const [{ Server }, { cluster }, { local }] = await Promise.all([
      import('naru'),
      import('naru/cluster'),
      import('@naru/local'),
    ]);
    await cluster({ workers: WORKERS }, async () => {
      const http = createServer();
      const io = new Server(http, { backplane: local(folder), connectionStateRecovery: {} });
      await listen(http);
      return io;
    });
  },
  async 'socket.io'() {
    const { Server } = await import('socket.io');
    const http = createServer();
    new Server(http);
    await listen(http);
  },
  raw: () => listen(createServer((_request, response) => response.end())),
};

/** @param {import('node:http').Server} http */
async function listen(http) {
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
}

/** @param {string} target */
export async function measure(target) {
  const args = [target, makeFolder()];
  // Node reads this once, and `cluster` sets it later.
  if (target === 'naru') nodeCluster.schedulingPolicy = nodeCluster.SCHED_NONE;
  nodeCluster.setupPrimary({ exec: fileURLToPath(import.meta.url), args, execArgv: ['--expose-gc'] });
  const from = performance.now();
  const close = target === 'naru' ? await startNaru() : await startPlain();
  const startMs = performance.now() - from;
  let rssBytes = 0;
  for (const worker of workers()) {
    worker.send('settle');
    rssBytes += (await heard(worker, 'rssBytes')) / WORKERS;
  }
  await close();
  return { startMs, rssMiB: rssBytes / 2 ** 20 };
}

async function startNaru() {
  const { cluster } = await import('naru/cluster');
  const { close } = await cluster({ workers: WORKERS }, () => {
    throw new Error('the primary runs no application');
  });
  return close;
}

async function startPlain() {
  const all = Array.from({ length: WORKERS }, () => nodeCluster.fork());
  await Promise.all(all.map((worker) => heard(worker, 'listensFor')));
  return async () => {
    for (const worker of all) worker.kill();
  };
}

function workers() {
  return Object.values(nodeCluster.workers ?? {}).filter((worker) => worker !== undefined);
}

/** Resolves with a number that a worker tells. @param {import('node:cluster').Worker} worker @param {string} name */
async function heard(worker, name) {
  for (;;) {
    const [message] = await once(worker, 'message');
    if (message?.[name] !== undefined) return message[name];
  }
}

if (nodeCluster.isWorker) {
  const [target = '', folder = ''] = process.argv.slice(2);
  process.on('message', async (message) => {
    if (message === 'settle') process.send?.({ rssBytes: (await settle()).rssBytes });
  });
  await APPS[target]?.(folder);
  process.send?.({ listensFor: process.uptime() });
}
