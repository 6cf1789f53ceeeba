/** One measurement: a new server, a new loader, one row. Both children end afterwards. */
import { setTimeout as delay } from 'node:timers/promises';
import { Child } from './channel.mjs';
import { cluster } from './cluster/measure.mjs';
import { recover } from './recover.mjs';
import { switched, throughput } from './throughput.mjs';

/** The dialect of targets that speak neither Socket.IO nor plain WebSocket. @type {Record<string, string>} */
const DIALECT_OF = {
  'naru-log': 'socket.io-log',
  'naru-log-metrics': 'socket.io-log',
  'naru-local': 'socket.io-log',
  'naru-workers-2': 'socket.io-log',
  'naru-workers-4': 'socket.io-log',
  'naru-late': 'socket.io-log',
  'naru-remote': 'socket.io-log',
  'naru-wait': 'socket.io-log',
  'naru-tcp': 'records',
  'naru-tcp-lines': 'lines',
  'bare-tcp': 'bare',
  'naru-udp': 'udp',
  'bare-udp': 'bare',
  'naru-udp-lane': 'udp-lane',
  'naru-page-lane': 'page-lane',
  'naru-events': 'events',
  'bare-events': 'events',
  'naru-stomp': 'stomp',
  'naru-stomp-tcp': 'stomp-tcp',
  'rabbitmq-stomp': 'stomp',
};

// Only these dialects send pings, and an idle connection must have answered one when memory is read.
const PINGED = new Set(['socket.io', 'records']);

/** All connections must have answered a ping by then. */
const PINGED_MS = 60_000;

const WEBSOCKET_TARGETS = new Set(['ws', 'naru-websocket', 'naru-websocket-broadcast', 'raw']);

/**
 * @typedef {object} Settings
 * @property {number} seconds of measurement in a throughput row
 * @property {number} warmupSeconds
 * @property {number} connections of an idle row
 * @property {number} connects of a connect row
 * @property {boolean} isQuick
 * @property {string | undefined} profileDirectory for the server's CPU profile
 * @property {((loader: Child) => Promise<void>) | undefined} pass gives the turn to another measurement, and resolves
 * when it is back
 * @property {string} serverChild the program of a server: the path from this folder, or the URL of its copy beside
 * another build
 */

/**
 * @param {{ seconds: number, isQuick: boolean, profileDirectory?: string | undefined, pass?: Settings['pass'],
 * serverChild?: string }} options
 * @returns {Settings}
 */
export function settingsOf({ isQuick, profileDirectory, pass, serverChild = './server-child.mjs', ...options }) {
  const sizes = { warmupSeconds: isQuick ? 0.5 : 1, connections: 10_000, connects: isQuick ? 3000 : 12_000 };
  return { seconds: options.seconds, isQuick, ...sizes, profileDirectory, pass, serverChild };
}

/**
 * Returns how a load passes its turn on: it stands still until the turn is back.
 * @param {() => Promise<void>} pass
 * @returns {(loader: Child) => Promise<void>}
 */
export function passing(pass) {
  return async (loader) => {
    await loader.call('pause');
    await pass();
    loader.resume();
  };
}

/**
 * Returns the numbers of a target, or of both by their names in a row whose server changes between its targets.
 * @param {import('./rows.mjs').Row} row
 * @param {string} target the first one of a row whose server changes between its targets
 * @param {Settings} settings
 * @returns {Promise<import('./rounds.mjs').Measured>}
 */
export async function measure(row, target, settings) {
  if (row.measure === 'cluster') return await cluster(row, target, settings);
  const execArgv = ['--expose-gc'];
  // V8 compacts only some pages of the heap, and which ones is chance. Their gaps count in RSS as well.
  if (row.measure === 'idle') execArgv.push('--compact-on-every-full-gc');
  if (settings.profileDirectory !== undefined) {
    const name = `--cpu-prof-name=${row.id}.${target}.cpuprofile`;
    execArgv.push('--cpu-prof', `--cpu-prof-dir=${settings.profileDirectory}`, name);
  }
  if (row.measure === 'program') return await program(row, target, settings, execArgv);
  if (row.measure === 'recover') return await recover(row, target, execArgv, settings);
  const server = new Child(settings.serverChild, { label: `server ${target}`, execArgv });
  const loader = new Child('./loader-child.mjs', { label: 'loader' });
  try {
    const port = await server.call('start', target, row.app, row.serverOptions ?? {}, row.loadOptions);
    const dialect = DIALECT_OF[target] ?? (WEBSOCKET_TARGETS.has(target) ? 'websocket' : 'socket.io');
    const pair = { server, loader, port, dialect };
    if (row.measure === 'idle') return await idle(row, pair, settings);
    if (row.measure === 'append') return await append(pair, settings);
    if (row.measure === 'connect') return await connect(row, pair, settings);
    if (row.isSwitched) return await switched(row, pair, settings);
    return await throughput(row, pair, settings);
  } finally {
    await Promise.all([server.stop(), loader.stop()]);
  }
}

/** @typedef {{ server: Child, loader: Child, port: number, dialect: string }} Pair */

/**
 * Measures memory: the growth of a server from no connection to all of them, pinged and settled. The server has seen
 * some connections come and go before.
 * @param {import('./rows.mjs').Row} row
 * @param {Pair} pair
 * @param {Settings} settings
 */
async function idle(row, { server, loader, port, dialect }, { connections }) {
  await loader.call('open', row.load ?? 'idle', { port, dialect, headers: row.headers });
  await loader.call('run', 'connect', row.warmUpConnections ?? 300);
  await loader.call('run', 'close');
  await empty(server);
  if (row.restSeconds !== undefined) await rest(server, row.restSeconds);
  const before = await server.call('settle');
  const loaderBefore = await loader.call('snapshot');
  await loader.call('run', 'connect', connections);
  const loaderAfter = await loader.call('snapshot');
  const fresh = await server.call('settle');
  if (PINGED.has(dialect)) {
    const endAt = performance.now() + PINGED_MS;
    while ((await loader.call('run', 'pings')) === 0) {
      // A connection that was lost never answers.
      if ((await loader.call('run', 'lost')) > 0 || performance.now() > endAt)
        throw new Error('not every connection has answered a ping');
      await delay(200);
    }
  }
  if (row.restSeconds !== undefined) await rest(server, row.restSeconds);
  const after = await server.call('settle');
  const lost = await loader.call('run', 'lost');
  if (after.count !== connections || lost !== 0)
    throw new Error(`${after.count} of ${connections} connections are open`);
  await loader.call('run', 'destroy');
  const kib = (/** @type {string} */ key, /** @type {any} */ at) => (at[key] - before[key]) / connections / 1024;
  return {
    rssKiB: kib('rssBytes', after),
    rssFreshKiB: kib('rssBytes', fresh),
    heapKiB: kib('heapUsedBytes', after),
    externalKiB: kib('externalBytes', after),
    rssBeforeMiB: before.rssBytes / 2 ** 20,
    loaderCpu: (loaderAfter.cpuMs - loaderBefore.cpuMs) / (loaderAfter.atMs - loaderBefore.atMs),
  };
}

/**
 * V8 returns the memory that the young generation took under load only after a while with little work. @param {Child}
 * server
 * @param {number} seconds
 */
async function rest(server, seconds) {
  await delay(seconds * 1000);
  for (let count = 0; count < 10; count += 1) await server.call('settle');
}

const WARM_UP_CONNECTS = 3000;
/** The connects of a measurement that takes turns with another one. */
const TURN_CONNECTS = 1000;

/**
 * Measures the CPU time of a connect and of a close. After 3,000 connects to warm up, `connects` more are opened, at
 * most 64 at a time, and kept. Then all are closed with the WebSocket's closing handshake.
 * @param {import('./rows.mjs').Row} row
 * @param {Pair} pair
 * @param {Settings} settings
 */
async function connect(row, { server, loader, port, dialect }, { connects, pass }) {
  await loader.call('open', 'idle', { port, dialect, headers: row.headers });
  // The connections of the warm-up stay open, so that collecting their garbage does not slow down the next ones.
  await loader.call('run', 'connect', WARM_UP_CONNECTS);
  const before = await server.call('snapshot');
  const loaderBefore = await loader.call('snapshot');
  const atOnce = pass === undefined ? connects : TURN_CONNECTS;
  for (let left = connects; left > 0; left -= atOnce) {
    await loader.call('run', 'connect', Math.min(left, atOnce));
    await pass?.(loader);
  }
  const opened = await server.call('snapshot');
  const loaderAfter = await loader.call('snapshot');
  const total = WARM_UP_CONNECTS + connects;
  if (opened.count !== total) throw new Error(`${opened.count} of ${total} connections are open`);
  await loader.call('run', 'close');
  await empty(server);
  const closed = await server.call('snapshot');
  const openMs = opened.atMs - before.atMs;
  return {
    connectMicros: ((opened.cpuMs - before.cpuMs) * 1000) / connects,
    closeMicros: ((closed.cpuMs - opened.cpuMs) * 1000) / total,
    perSecond: (connects / openMs) * 1000,
    serverCpu: (opened.cpuMs - before.cpuMs) / openMs,
    loaderCpu: (loaderAfter.cpuMs - loaderBefore.cpuMs) / (loaderAfter.atMs - loaderBefore.atMs),
  };
}

/**
 * Measures the rate of something that a server does by itself.
 * @param {Pair} pair
 * @param {Settings} settings
 */
async function append({ server }, { seconds, warmupSeconds }) {
  await delay(warmupSeconds * 1000);
  const before = await server.call('snapshot');
  await delay(seconds * 1000);
  const after = await server.call('snapshot');
  const ms = after.atMs - before.atMs;
  const perSecond = ((after.count - before.count) / ms) * 1000;
  const serverCpu = (after.cpuMs - before.cpuMs) / ms;
  return { perSecond, perCpuSecond: perSecond / serverCpu, serverCpu, rssMiB: after.rssBytes / 2 ** 20 };
}

/** A program may take so long. */
const PROGRAM_MS = 600_000;

/**
 * Lets a program measure by itself, in a child of its own.
 * @param {import('./rows.mjs').Row} row
 * @param {string} target
 * @param {Settings} settings
 * @param {string[]} execArgv
 */
async function program({ app, loadOptions = {} }, target, { seconds, isQuick, serverChild }, execArgv) {
  // Beside the program of a server, so that the packages of that build are measured.
  const entry = new URL('program-child.mjs', new URL(serverChild, import.meta.url)).href;
  const child = new Child(entry, { label: `${app} ${target}`, execArgv, deadlineMs: PROGRAM_MS });
  try {
    return await child.call('measure', app, target, loadOptions, { seconds, isQuick });
  } finally {
    await child.stop();
  }
}

/** Waits until the server has noticed that all clients are gone. @param {Child} server */
async function empty(server) {
  for (let index = 0; index < 200; index++) {
    const { count } = await server.call('snapshot');
    if (count === 0) return;
    await delay(20);
  }
  throw new Error('connections stay open on the server after their clients left');
}
