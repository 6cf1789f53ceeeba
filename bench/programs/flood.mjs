/**
 * A chat in which 50 clients send far more than their limit, and 50 others are quiet. How long the quiet ones wait for
 * an answer, before and during the flood; how exactly the limits hold; and what happens to the memory. On one node, or
 * on two with Redis, where each of the flooding persons has a client on both. This file is also the program of each
 * node and of the flooding clients.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';

const CLIENTS = 50;
/** Events in one second of a client on one node, where everybody in the room hears them. */
const LIMIT = 4;
/** Events in one second of a person with clients on two nodes. Only the server hears them. */
const SHARED_LIMIT = 100;
/** Events in one second that a client sends in the flood. */
const FLOOD = 200;
const QUIET_EVERY_MS = 500;
const FLOOD_STEP_MS = 20;
const HOUR_MS = 3_600_000;

/** @param {number} ms */
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * @param {string} target
 * @param {object} _options
 * @param {{ seconds: number }} settings
 */
export async function measure(target, _options, { seconds }) {
  /** @type {import('node:child_process').ChildProcess[]} */
  const children = [];
  /** @type {{ kill(): void } | undefined} */
  let broker;
  try {
    const count = target === 'naru-guard-redis' ? 2 : 1;
    let address = '';
    if (count === 2) {
      const { Broker } = await import('../../test/kit/brokers/broker.mjs');
      const redis = new Broker('redis', mkdtempSync(join(tmpdir(), 'naru-flood-')));
      broker = redis;
      await redis.start();
      address = redis.url;
    }
    const nodes = Array.from({ length: count }, () => start(children, 'node', target, address));
    const ports = await Promise.all(nodes.map((node) => told(node)));
    return await flood(nodes, ports, start(children, 'flood', ports.join(','), target), seconds);
  } finally {
    for (const child of children) child.kill('SIGKILL');
    broker?.kill();
  }
}

/**
 * @param {import('node:child_process').ChildProcess[]} nodes
 * @param {number[]} ports
 * @param {import('node:child_process').ChildProcess} flooding
 * @param {number} seconds
 */
async function flood(nodes, ports, flooding, seconds) {
  const { io } = await import('naru/client');
  const sockets = Array.from({ length: CLIENTS }, (_, at) =>
    io(`http://127.0.0.1:${ports[at % ports.length]}`, {
      transports: ['websocket'],
      forceNew: true,
      auth: { token: `quiet ${at}` },
    }),
  );
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.on('connect', () => resolve(undefined)))));
  await told(flooding);
  await talk(sockets, 2);
  const start = await count(nodes);
  const before = await talk(sockets, seconds);
  const end = await count(nodes);
  flooding.send('start');
  // Buckets that were full are empty after this.
  await talk(sockets, 3);
  const from = await count(nodes);
  const during = await talk(sockets, seconds);
  const to = await count(nodes);
  for (const socket of sockets) socket.disconnect();
  const limit = ports.length === 1 ? CLIENTS * LIMIT : (CLIENTS / 2) * SHARED_LIMIT;
  const accepted = to.events - from.events;
  // The cost of a broadcast before the flood. The rest of the time goes into the events that are refused.
  const broadcastMs = (end.cpuMs - start.cpuMs) / (end.quiet - start.quiet);
  const refused = (CLIENTS * FLOOD * (to.atMs - from.atMs)) / 1_000 - accepted;
  const refusalMs = (to.cpuMs - from.cpuMs - broadcastMs * (to.quiet - from.quiet + accepted)) / refused;
  return {
    latencyRatio: during.p99 / before.p99,
    p99BeforeMs: before.p99,
    p99Ms: during.p99,
    refusal: ports.length > 1 || refused < accepted ? Number.NaN : refusalMs / broadcastMs,
    accepted: accepted / ((to.atMs - from.atMs) / 1_000) / limit,
    growthMiB: (to.rssBytes - from.rssBytes) / 2 ** 20,
  };
}

/**
 * Has the quiet clients speak for some seconds.
 * @param {import('naru/client').Socket[]} sockets
 * @param {number} seconds
 */
async function talk(sockets, seconds) {
  /** @type {number[]} */
  const times = [];
  const until = performance.now() + seconds * 1_000;
  await Promise.all(
    sockets.map(async (socket, at) => {
      await wait((at / sockets.length) * QUIET_EVERY_MS);
      while (performance.now() < until) {
        const from = performance.now();
        await socket.emitWithAck('say', 'hello');
        const ms = performance.now() - from;
        times.push(ms);
        await wait(Math.max(0, QUIET_EVERY_MS - ms));
      }
    }),
  );
  times.sort((one, other) => one - other);
  return { p99: times[Math.floor(times.length * 0.99)] ?? Number.NaN };
}

/** @param {import('node:child_process').ChildProcess[]} nodes */
async function count(nodes) {
  const counts = await Promise.all(
    nodes.map((node) => {
      node.send('count');
      return told(node);
    }),
  );
  const sum = (/** @type {string} */ name) => counts.reduce((all, each) => all + each[name], 0);
  return {
    events: sum('events'),
    quiet: sum('quiet'),
    cpuMs: sum('cpuMs'),
    rssBytes: sum('rssBytes'),
    atMs: performance.now(),
  };
}

/** @param {import('node:child_process').ChildProcess[]} children @param {string[]} args */
function start(children, ...args) {
  const child = fork(fileURLToPath(import.meta.url), args);
  children.push(child);
  return child;
}

/** @param {import('node:child_process').ChildProcess} child @returns {Promise<any>} */
async function told(child) {
  const [message] = await once(child, 'message');
  return message;
}

/** @param {string} target @param {string} address */
async function runNode(target, address) {
  const { Server } = await import('naru');
  const backplane = address ? (await import('@naru/redis')).redis(address) : undefined;
  const io = new Server(0, { ...(backplane && { backplane }), printNodes: false });
  if (target !== 'naru') {
    const { protect } = await import('@naru/guard');
    const tokens = (/** @type {string} */ user) => ({ user, issuedAt: Date.now(), expiresAt: Date.now() + HOUR_MS });
    const limits = address ? { user: { events: SHARED_LIMIT } } : { socket: { events: LIMIT } };
    protect(io, { tokens, limits });
  }
  let events = 0;
  let quiet = 0;
  io.on('connection', (socket) => {
    socket.join('lobby');
    const isQuiet = `${socket.handshake.auth.token}`.startsWith('quiet');
    socket.on('say', (/** @type {string} */ text, /** @type {(() => void) | undefined} */ answer) => {
      if (isQuiet) quiet += 1;
      else events += 1;
      if (isQuiet || !address) io.to('lobby').volatile.emit('said', text);
      answer?.();
    });
  });
  await io.ready();
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send?.({ events, quiet, cpuMs: (user + system) / 1_000, rssBytes: process.memoryUsage.rss() });
  });
  const { port } = /** @type {import('node:net').AddressInfo} */ (io.httpServer.address());
  process.send?.(port);
}

/** @param {string} ports */
async function runFlood(ports) {
  const each = ports.split(',');
  const sockets = each.flatMap((port) =>
    Array.from({ length: CLIENTS / each.length }, (_, at) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
      socket.on('message', (data) => {
        const text = `${data}`;
        if (text[0] === '0') socket.send(`40{"token":"flood ${at}"}`);
        else if (text === '2') socket.send('3');
        else if (text.startsWith('40')) socket.emit('joined');
      });
      return socket;
    }),
  );
  await Promise.all(sockets.map((socket) => once(socket, 'joined')));
  process.send?.('ready');
  await once(process, 'message');
  setInterval(() => {
    for (const socket of sockets)
      for (let at = 0; at < (FLOOD * FLOOD_STEP_MS) / 1_000; at += 1) socket.send('42["say","more"]');
  }, FLOOD_STEP_MS);
}

const [, , role, first = '', second = ''] = process.argv;
if (role === 'node') await runNode(first, second);
else if (role === 'flood') await runFlood(first);
