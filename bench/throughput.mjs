/** Measures rates: of one server, or of one that is two targets in turns. */
import { setTimeout as delay } from 'node:timers/promises';
import { runLoad } from './run-load.mjs';

/** How long a server is one of two targets. A machine with other work changes little in so short a time. */
const SWITCH_MS = 250;

/**
 * The work of a server and of its loader between two snapshots.
 * @typedef {{ ms: number, cpuMs: number, userMs: number, count: number }} Work
 * @typedef {{ server: Work, loader: Work, rssBytes: number }} Taken
 */

/**
 * Measures rates. Each child reads its own clock and CPU time together, and rates come from each child's own
 * differences. A late reply of a busy child shifts the interval a little, but does not bias the rate.
 * @param {import('./rows.mjs').Row} row
 * @param {import('./measure.mjs').Pair} pair
 * @param {import('./measure.mjs').Settings} settings
 */
export async function throughput(row, pair, settings) {
  const { loader } = pair;
  await open(row, pair);
  await runLoad(loader, warmupSeconds(row, settings), settings);
  const taken = await take(pair, () => runLoad(loader, settings.seconds, settings));
  await loader.call('run', 'stop');
  return ratesOf([taken]);
}

/**
 * Measures the two targets of a row in one server, which changes from one to the other. Two processes of the same
 * program differ by more than a small cost.
 * @param {import('./rows.mjs').Row} row
 * @param {import('./measure.mjs').Pair} pair
 * @param {import('./measure.mjs').Settings} settings
 * @returns {Promise<Record<string, Record<string, number>>>} by target
 */
export async function switched(row, pair, settings) {
  const [ours, theirs] = /** @type {[string, string]} */ (row.targets);
  /** @type {Record<string, Taken[]>} */
  const taken = { [ours]: [], [theirs]: [] };
  await open(row, pair);
  const warmUps = Math.ceil((warmupSeconds(row, settings) * 1000) / SWITCH_MS);
  const turns = 2 * Math.ceil((Math.max(settings.seconds, row.rateSeconds ?? 0) * 1000) / SWITCH_MS);
  for (let turn = 0; turn < warmUps + turns; turn += 1) {
    // A, B, B, A: a drift of the machine favours no target.
    const target = ((turn + 1) >> 1) % 2 === 0 ? ours : theirs;
    await pair.server.call('become', target);
    const work = await take(pair, () => delay(SWITCH_MS));
    if (turn >= warmUps) taken[target]?.push(work);
  }
  await pair.loader.call('run', 'stop');
  return Object.fromEntries(Object.entries(taken).map(([target, works]) => [target, ratesOf(works)]));
}

/** @param {import('./rows.mjs').Row} row @param {import('./measure.mjs').Pair} pair */
async function open(row, { loader, port, dialect }) {
  await loader.call('open', row.load, { ...row.loadOptions, port, dialect });
  await loader.call('run', 'start');
}

/** @param {import('./rows.mjs').Row} row @param {import('./measure.mjs').Settings} settings */
function warmupSeconds(row, settings) {
  return Math.max(settings.warmupSeconds, row.warmupSeconds ?? 0);
}

/**
 * @param {import('./measure.mjs').Pair} pair
 * @param {() => Promise<void>} run
 * @returns {Promise<Taken>}
 */
async function take({ server, loader }, run) {
  const look = () => Promise.all([server.call('snapshot'), loader.call('snapshot')]);
  const [serverBefore, loaderBefore] = await look();
  await run();
  const [serverAfter, loaderAfter] = await look();
  const between = (/** @type {any} */ before, /** @type {any} */ after) => ({
    ms: after.atMs - before.atMs,
    cpuMs: after.cpuMs - before.cpuMs,
    userMs: after.userMs - before.userMs,
    count: after.count - before.count,
  });
  return {
    server: between(serverBefore, serverAfter),
    loader: between(loaderBefore, loaderAfter),
    rssBytes: serverAfter.rssBytes,
  };
}

/** @param {readonly Taken[]} taken */
function ratesOf(taken) {
  const sum = (/** @type {'server' | 'loader'} */ side, /** @type {keyof Work} */ key) =>
    taken.reduce((total, { [side]: work }) => total + work[key], 0);
  const perSecond = (sum('loader', 'count') / sum('loader', 'ms')) * 1000;
  const serverCpu = sum('server', 'cpuMs') / sum('server', 'ms');
  return {
    perSecond,
    perCpuSecond: perSecond / serverCpu,
    serverCpu,
    serverUserCpu: sum('server', 'userMs') / sum('server', 'ms'),
    loaderCpu: sum('loader', 'cpuMs') / sum('loader', 'ms'),
    loaderUserCpu: sum('loader', 'userMs') / sum('loader', 'ms'),
    loaderPerCpuSecond: (sum('loader', 'count') * 1000) / sum('loader', 'cpuMs'),
    rssMiB: (taken.at(-1)?.rssBytes ?? 0) / 2 ** 20,
  };
}
