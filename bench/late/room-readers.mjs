/**
 * The cost of the traffic of all rooms for the readers of one, on each home:
 *
 * - `back`: 100 clients come back at random places of 60,000 records. Each is in a room with 1 % of the traffic.
 * - `quiet`: one client comes back that has missed 60,000 records. Its room has 0.1 % of the traffic.
 * - `history`: pages of 50 events of a room with 0.1 % of 1,000,000 records. First comes the newest page, which is the
 *   first one of the process. After 100 other pages come the newest page again, and those before it.
 *
 * The time is the CPU time of the server, without its clients and brokers. Beside `back` and `quiet` stands a server
 * without a log that accepts as many clients and sends them the same records. It leaves out TLS and other nodes.
 *
 * Usage: node bench/late/room-readers.mjs [back] [quiet] [history] [--homes memory,folder,redis,nats] [--records N]
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { local } from '@naru/local';
import { nats } from '@naru/nats';
import { redis } from '@naru/redis';
import { Server } from 'naru';
import { Broker } from '../../test/kit/brokers/broker.mjs';
import { Child } from '../channel.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    homes: { type: 'string', default: 'memory,folder,redis,nats' },
    records: { type: 'string' },
  },
});
const wanted = positionals.length > 0 ? positionals : ['back', 'quiet', 'history'];
const TEXT = 'The ferry leaves the landing at dawn, and it waits for nobody...';
const BYTES = 2 ** 30;
/** Events that are emitted in one turn. */
const TURN = 16;
const PAGE = 50;
const PAGES = 20;
/** Pages that are read before the measurement, so that V8 has compiled what reads them. */
const WARM_UP = 100;

/** Random numbers that are the same in each run. */
let seed = 1;
function random() {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed / 2_147_483_647;
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** @param {() => Promise<unknown>} work @returns {Promise<{ cpuMs: number, ms: number }>} */
async function timed(work) {
  const before = process.cpuUsage();
  const from = performance.now();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { cpuMs: (user + system) / 1_000, ms: performance.now() - from };
}

/** @param {string} home */
async function start(home) {
  const folder = mkdtempSync(join(tmpdir(), 'naru-bench-'));
  const broker =
    home === 'redis' || home === 'nats' ? new Broker(/** @type {'redis' | 'nats'} */ (home), folder) : undefined;
  await broker?.start();
  const url = broker?.url ?? '';
  const backplane =
    home === 'folder'
      ? local(join(folder, 'log'), { bytes: BYTES })
      : home === 'redis'
        ? redis(url, { bytes: BYTES })
        : home === 'nats'
          ? nats(url, { bytes: BYTES })
          : undefined;
  const recovery = { connectionStateRecovery: { maxDisconnectionDuration: 1_200_000, bytesMax: BYTES } };
  const options = home === 'none' ? {} : { ...recovery, ...(backplane && { backplane }) };
  const http = createServer();
  const history = { recordsMax: 1_000_000 };
  const io = new Server(http, { ...options, history, pingInterval: 300_000 });
  io.on('connection', (/** @type {any} */ socket) => {
    socket.on('join', (/** @type {number} */ room) => {
      socket.join(`room-${room}`);
      say(io, room);
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    io,
    port: /** @type {import('node:net').AddressInfo} */ (http.address()).port,
    async stop() {
      await io.close();
      await backplane?.close();
      await broker?.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The number of the next message of each room. @type {number[]} */
let numbers = [];

/** @param {any} io @param {number} room */
function say(io, room) {
  const number = numbers[room] ?? 0;
  numbers[room] = number + 1;
  io.to(`room-${room}`).emit('said', number, TEXT);
}

/**
 * Clients come back at random places, or all at the beginning.
 * @param {string} home @param {{ clients: number, rooms: number, records: number, atStart?: boolean }} row
 */
async function back(home, { clients, rooms, records, atStart = false }) {
  [numbers, seed] = [[], 1];
  const server = await start(home);
  const loader = new Child('./late/room-clients.mjs', { label: 'clients' });
  try {
    const own = Array.from({ length: clients }, (_, place) => place % rooms);
    await loader.call('open', server.port, own);
    const places = own.map((_, place) => ({ place, at: atStart ? 0 : Math.floor(random() * records) }));
    for (let count = 0; count < records; count += TURN) {
      const due = places.filter(({ at }) => at >= count && at < count + TURN).map(({ place }) => place);
      if (due.length > 0) {
        await loader.call('drop', due);
        for (let turn = 0; turn < 3; turn += 1) await nextTurn();
      }
      for (let event = 0; event < TURN; event += 1) say(server.io, Math.floor(random() * rooms));
      await nextTurn();
    }
    await server.io.history?.('room-0', { limit: 1 }).catch(() => {});
    const newest = own.map((room) => (numbers[room] ?? 0) - 1);
    return await timed(() => loader.call('back', newest));
  } finally {
    await loader.call('end');
    await loader.stop();
    await server.stop();
  }
}

/** The same clients connect to a server without a log, which sends them as many records. @param {any} row */
async function control({ clients, rooms, records, atStart = false }) {
  [numbers, seed] = [[], 1];
  const server = await start('none');
  const loader = new Child('./late/room-clients.mjs', { label: 'clients' });
  try {
    const own = Array.from({ length: clients }, (_, place) => place % rooms);
    const missed = own.map(() => Math.round((atStart ? records : records / 2) / rooms));
    let place = 0;
    server.io.on('connection', (/** @type {any} */ socket) => {
      const count = missed[place] ?? 0;
      place += 1;
      for (let number = 0; number < count; number += 1) socket.emit('said', number, TEXT, '00000000000');
    });
    return await timed(() => loader.call('open', server.port, own));
  } finally {
    await loader.call('end');
    await loader.stop();
    await server.stop();
  }
}

/** @param {string} home @param {number} records */
async function history(home, records) {
  const server = await start(home);
  const { io } = server;
  try {
    for (let count = 0; count < records; count += TURN) {
      for (let event = count; event < count + TURN; event += 1)
        io.to(event % 1_000 === 0 ? 'quiet' : `busy-${event % 10}`).emit('said', event, TEXT);
      if (count % 1_024 === 0) await io.history('none', { limit: 1, before: '00000000001' });
      else await nextTurn();
    }
    /** @type {string | undefined} */
    let before;
    const read = async () => {
      const page = await io.history('quiet', { limit: PAGE, ...(before !== undefined && { before }) });
      const { length } = page.events;
      if (length !== PAGE) throw new Error(`the page has ${length} events`);
      before = page.next;
    };
    const first = await timed(read);
    const count = Math.min(PAGES, Math.floor(records / 1_000 / PAGE) - 1);
    for (let page = 0; page < WARM_UP; page += 1) {
      if (page % (count + 1) === 0) before = undefined;
      await read();
    }
    const again = await timed(async () => {
      for (let page = 0; page < PAGES; page += 1) {
        before = undefined;
        await read();
      }
    });
    const older = await timed(async () => {
      for (let page = 0; page < count; page += 1) await read();
    });
    return { first, again: { cpuMs: again.cpuMs / PAGES, ms: again.ms / PAGES }, older, count };
  } finally {
    await server.stop();
  }
}

/** @param {string} row @param {string} home @param {{ cpuMs: number, ms: number }} result */
function print(row, home, { cpuMs, ms }) {
  const [cpu, wall] = [cpuMs, ms].map((value) => value.toFixed(value < 10 ? 2 : 0).padStart(8));
  console.log(`${row.padEnd(16)} ${home.padEnd(10)} ${cpu} ms of CPU ${wall} ms`);
}

const most = values.records === undefined ? undefined : Number(values.records);
const rows = {
  back: { clients: 100, rooms: 100, records: most ?? 60_000 },
  quiet: { clients: 1, rooms: 1_000, records: most ?? 60_000, atStart: true },
};
for (const name of /** @type {const} */ (['back', 'quiet'])) {
  if (!wanted.includes(name)) continue;
  print(name, 'no log', await control(rows[name]));
  for (const home of values.homes.split(',')) print(name, home, await back(home, rows[name]));
}
if (wanted.includes('history'))
  for (const home of values.homes.split(',')) {
    const { first, again, older, count } = await history(home, most ?? 1_000_000);
    print('history first', home, first);
    print('history again', home, again);
    if (count > 0) print('history older', home, { cpuMs: older.cpuMs / count, ms: older.ms / count });
  }
process.exit(0);
