/** The application of `naru-single` in four workers behind one port. This file is also the program of each worker. */
import nodeCluster from 'node:cluster';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { cluster } from 'naru/cluster';
import { settle } from '../usage.mjs';
import { makeFolder, start as startOne } from './naru-single.mjs';

const WORKERS = 4;

/** @param {string} app @param {Record<string, unknown>} options */
export async function start(app, options) {
  const args = [app, JSON.stringify({ ...options, folder: makeFolder() })];
  nodeCluster.setupPrimary({ exec: fileURLToPath(import.meta.url), args });
  const { report, close } = await cluster({ workers: WORKERS }, () => {
    throw new Error('the primary runs no application');
  });
  return { port: Number(report), count, settle: settleAll, stop: () => close() };
}

/** Sums what all workers answer. @param {'count' | 'settle'} question @returns {Promise<Record<string, number>>} */
async function askAll(question) {
  /** @type {Record<string, number>} */
  const sums = {};
  for (const worker of Object.values(nodeCluster.workers ?? {})) {
    if (worker === undefined) continue;
    worker.send({ question });
    let answers;
    do [{ answers }] = await once(worker, 'message');
    while (answers === undefined);
    for (const [name, value] of Object.entries(answers)) sums[name] = (sums[name] ?? 0) + value;
  }
  return sums;
}

async function count() {
  return (await askAll('count')).count ?? 0;
}

/** Collects the garbage of the workers, one after the other. The primary is left out, because it holds no session. */
async function settleAll() {
  const { userMs = 0, systemMs = 0, rssBytes = 0, ...others } = await askAll('settle');
  return { userMs, systemMs, rssBytes, ...others };
}

async function work() {
  const [app = '', options = ''] = process.argv.slice(2);
  /** @type {Awaited<ReturnType<typeof startOne>>} */
  let running;
  process.on('message', async (/** @type {{ question?: string }} */ { question }) => {
    if (question === 'count') process.send?.({ answers: { count: running.count() } });
    if (question === 'settle') process.send?.({ answers: await settle() });
  });
  await cluster({ workers: WORKERS }, async () => {
    running = await startOne(app, JSON.parse(options));
    return { io: running.io, report: running.port };
  });
}

if (nodeCluster.isWorker) await work();
