/**
 * The cost of the traffic of all rooms for the readers of one, in CPU time of the server:
 *
 * - `back`: clients come back at random places of the records, or all at the beginning. Each is in one of the rooms,
 *   all of which have the same traffic. The server without a log accepts as many clients and sends as many records.
 * - `history`: pages of 50 events of a room with 0.1 % of the records.
 *
 * Clients and brokers are in other processes. It leaves out TLS and other nodes.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Child } from '../channel.mjs';
import { openHome, timed } from './home.mjs';

const TEXT = 'The ferry leaves the landing at dawn, and it waits for nobody...';
const BYTES = 2 ** 30;
/** Events that are emitted in one turn. */
const TURN = 16;
const PAGE = 50;
const PAGES = 20;
/** Pages that are read before the measurement, so that V8 has compiled what reads them. */
const WARM_UP = 100;
/** A quick run has so many records. */
const QUICK_RECORDS = 6_000;
const QUICK_HISTORY = 200_000;

/**
 * @typedef {object} Options
 * @property {'back' | 'history'} what
 * @property {number} records
 * @property {number} clients
 * @property {number} rooms
 * @property {boolean} isAtStart clients come back at the beginning, and not at random places
 */

/**
 * @param {string} target
 * @param {Options} options
 * @param {{ isQuick: boolean }} settings
 */
export async function measure(target, options, { isQuick }) {
  if (options.what === 'history') return await history(target, isQuick ? QUICK_HISTORY : options.records);
  const row = isQuick ? { ...options, records: QUICK_RECORDS } : options;
  const server = await start(target);
  const clients = new Child('./programs/reader-clients.mjs', { label: 'clients' });
  try {
    const own = Array.from({ length: row.clients }, (_, place) => place % row.rooms);
    return await (target === 'naru' ? control : back)(server, clients, own, row);
  } finally {
    await clients.call('end');
    await clients.stop();
    await server.stop();
  }
}

/** Random numbers that are the same in each run. */
let seed = 1;
function random() {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed / 2_147_483_647;
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** @param {string} target */
async function start(target) {
  const { Server } = await import('naru');
  const home = await openHome(target, { bytes: BYTES });
  const { backplane } = home;
  const recovery = { connectionStateRecovery: { maxDisconnectionDuration: 1_200_000, bytesMax: BYTES } };
  const options = target === 'naru' ? {} : { ...recovery, ...(backplane && { backplane }) };
  const http = createServer();
  const io = new Server(http, { ...options, history: { recordsMax: 1_000_000 }, pingInterval: 300_000 });
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
      await home.close();
    },
  };
}

/** The number of the next message of each room. @type {number[]} */
const numbers = [];

/** @param {any} io @param {number} room */
function say(io, room) {
  const number = numbers[room] ?? 0;
  numbers[room] = number + 1;
  io.to(`room-${room}`).emit('said', number, TEXT);
}

/**
 * @param {Awaited<ReturnType<typeof start>>} server
 * @param {Child} clients
 * @param {readonly number[]} own the room of each client
 * @param {Options} options
 */
async function back({ io, port }, clients, own, { rooms, records, isAtStart }) {
  await clients.call('open', port, own);
  const places = own.map((_, place) => ({ place, at: isAtStart ? 0 : Math.floor(random() * records) }));
  for (let at = 0; at < records; at += TURN) {
    const due = places.filter((client) => client.at >= at && client.at < at + TURN).map(({ place }) => place);
    if (due.length > 0) {
      await clients.call('drop', due);
      for (let turn = 0; turn < 3; turn += 1) await nextTurn();
    }
    for (let event = 0; event < TURN; event += 1) say(io, Math.floor(random() * rooms));
    await nextTurn();
  }
  // The answer comes after all that was emitted before.
  await io.history('room-0', { limit: 1 });
  const newest = own.map((room) => (numbers[room] ?? 0) - 1);
  return await timed(() => clients.call('back', newest));
}

/**
 * The same clients connect to a server without a log, which sends them as many records.
 * @param {Awaited<ReturnType<typeof start>>} server
 * @param {Child} clients
 * @param {readonly number[]} own the room of each client
 * @param {Options} options
 */
async function control({ io, port }, clients, own, { rooms, records, isAtStart }) {
  const missed = Math.round((isAtStart ? records : records / 2) / rooms);
  io.on('connection', (/** @type {any} */ socket) => {
    for (let number = 0; number < missed; number += 1) socket.emit('said', number, TEXT, '00000000000');
  });
  return await timed(() => clients.call('open', port, own));
}

/** @param {string} target @param {number} records */
async function history(target, records) {
  const server = await start(target);
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
    const pages = Math.min(PAGES, Math.floor(records / 1_000 / PAGE) - 1);
    for (let page = 0; page < WARM_UP; page += 1) {
      if (page % (pages + 1) === 0) before = undefined;
      await read();
    }
    const again = await timed(async () => {
      for (let page = 0; page < pages; page += 1) {
        before = undefined;
        await read();
      }
    });
    before = undefined;
    await read();
    const older = await timed(async () => {
      for (let page = 1; page < pages; page += 1) await read();
    });
    return {
      cpuMs: older.cpuMs / (pages - 1),
      ms: older.ms / (pages - 1),
      newestCpuMs: again.cpuMs / pages,
      newestMs: again.ms / pages,
      firstCpuMs: first.cpuMs,
    };
  } finally {
    await server.stop();
  }
}
