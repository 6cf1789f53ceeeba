// Many clients in one process: they enter their rooms, say what they are told to say, and hand in what they have seen.
import { writeFileSync } from 'node:fs';
import { SeededRandom } from 'naru/testing';
import { StompGuest, StreamGuest } from './plain-guests.mjs';
import { ClientRecord } from './record.mjs';
import { OurGuest, StockGuest } from './socket-guests.mjs';

const { clients, roomNames, seed, file } = JSON.parse(process.argv[2]);
const random = new SeededRandom(seed);

/** Sayings of one client that are on their way at once. */
const ON_THE_WAY_MAX = 8;
const PACE_MS = 50;

const WIRES = {
  'stock websocket': (record, port) => new StockGuest(record, port, ['websocket']),
  'stock polling': (record, port) => new StockGuest(record, port, ['polling']),
  'stock upgrade': (record, port) => new StockGuest(record, port, ['polling', 'websocket']),
  'our websocket': (record, port) => new OurGuest(record, port, ['websocket']),
  'our polling': (record, port) => new OurGuest(record, port, ['polling']),
  'our sse': (record, port) => new OurGuest(record, port, ['sse']),
  'our tcp': (record, port) => new OurGuest(record, port, undefined),
  events: (record, port) => new StreamGuest(record, port),
  stomp: (record, port) => new StompGuest(record, port),
};

const guests = clients.map(({ index, wire, port, rooms }) => {
  const guest = WIRES[wire](new ClientRecord(index, wire, [...rooms]), port);
  guest.open?.();
  return guest;
});

/** Has one client say its numbers, spread over the time. */
async function sayAll(guest, { from, count, overMs }) {
  const startedAt = Date.now();
  const waiting = new Set();
  for (let said = 0; said < count; ) {
    const due = Math.ceil(((Date.now() - startedAt) / overMs) * count);
    while (said < Math.min(due, count) && waiting.size < ON_THE_WAY_MAX) {
      const saying = guest.say(from + said, random.pick(roomNames)).finally(() => waiting.delete(saying));
      waiting.add(saying);
      said += 1;
    }
    await new Promise((resolve) => setTimeout(resolve, PACE_MS));
  }
  await Promise.all(waiting);
}

const calls = {
  countIn: () => guests.filter(({ isIn }) => isIn).length,
  async say({ quotas, overMs }) {
    await Promise.all(
      guests.map((guest) => {
        const quota = quotas[guest.record.index];
        return quota && sayAll(guest, { ...quota, overMs });
      }),
    );
    return true;
  },
  join({ index, room }) {
    guests.find(({ record }) => record.index === index)?.join(room);
  },
  /** The clients that do not have the last message of each of their rooms. */
  listBehind: ({ last }) =>
    guests
      .filter(({ record }) => record.rooms.some((room) => !record.hasSeen(last[room])))
      .map(({ record }) => record.index),
  handIn() {
    for (const guest of guests) guest.close();
    writeFileSync(file, JSON.stringify(guests.map(({ record }) => record)));
    return process.memoryUsage().rss;
  },
};

process.on('message', async ({ id, name, args }) => {
  const result = await calls[name](args);
  if (process.connected) process.send({ id, result });
});
process.on('disconnect', () => process.exit(0));
process.send({ id: 0 });
