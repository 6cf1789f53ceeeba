/**
 * A target in several workers behind one port, which share a log on the disk. This file is also the program of each
 * worker.
 */
import nodeCluster from 'node:cluster';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { cluster } from 'naru/cluster';
import { settle } from '../usage.mjs';
import { usageOf } from './system-usage.mjs';
import { makeFolder } from './temporary-folder.mjs';

/**
 * Starts the workers in this process, which becomes their primary. The CPU time is that of all processes.
 * @param {number} workers
 * @param {'naru-single' | 'naru-local'} target what each worker runs
 * @param {string} app
 * @param {Record<string, unknown>} options
 */
export async function startWorkers(workers, target, app, options) {
  const args = [JSON.stringify({ workers, target, app, options: { ...options, folder: makeFolder() } })];
  // Node reads this once, and `cluster` sets it later.
  nodeCluster.schedulingPolicy = nodeCluster.SCHED_NONE;
  nodeCluster.setupPrimary({ exec: fileURLToPath(import.meta.url), args });
  const { report, close } = await cluster({ workers }, () => {
    throw new Error('the primary runs no application');
  });
  return { port: Number(report), count, usage, settle: settleAll, stop: () => close() };
}

function usage() {
  const workers = Object.values(nodeCluster.workers ?? {});
  return usageOf([process.pid, ...workers.flatMap((worker) => worker?.process.pid ?? [])]);
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
  const { workers, target, app, options } = JSON.parse(process.argv[2] ?? '');
  const { start } = await import(`./${target}.mjs`);
  /** @type {{ io: any, port: number, count(): number }} */
  let running;
  process.on('message', async (/** @type {{ question?: string }} */ { question }) => {
    if (question === 'count') process.send?.({ answers: { count: running.count() } });
    if (question === 'settle') process.send?.({ answers: await settle() });
  });
  await cluster({ workers }, async () => {
    running = await start(app, options);
    return { io: running.io, report: running.port };
  });
}

if (nodeCluster.isWorker) await work();
