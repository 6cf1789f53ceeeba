// Many clients in one process. They enter their rooms, send the messages that they are told to, and report what they
// have received.
import { writeFileSync } from 'node:fs';
import { SeededRandom } from '@naru/testing';
import { isVisitor, Visitors } from './halls/visitors.mjs';
import { setPatience } from './patience.mjs';
import { StompGuest, StreamGuest } from './plain-guests.mjs';
import { ClientRecord } from './record.mjs';
import { sayAll } from './saying.mjs';
import { OurGuest, OurKeyedGuest, StockGuest } from './socket-guests.mjs';

const { clients, count, roomNames, seed, file, hasHalls } = JSON.parse(process.argv[2]);
setPatience(count);
const random = new SeededRandom(seed);

const pickRoom = () => random.pick(roomNames);

/** One of our clients. A visitor waits for the answer to each of its requests, and so it has keys of its own. */
function our(record, port, transports) {
  const Guest = hasHalls && isVisitor(record) ? OurKeyedGuest : OurGuest;
  return new Guest(record, port, transports);
}

/** The newest messages that every other plain client asks for at each connection. */
const HISTORY = 20;

/** The record of a plain client. */
function plain(record) {
  if (hasHalls && record.index % 2 === 0) Object.assign(record, { history: HISTORY, seenAt: [] });
  return record;
}

const WIRES = {
  'stock websocket': (record, port) => new StockGuest(record, port, ['websocket']),
  'stock polling': (record, port) => new StockGuest(record, port, ['polling']),
  'stock upgrade': (record, port) => new StockGuest(record, port, ['polling', 'websocket']),
  'our websocket': (record, port) => our(record, port, ['websocket']),
  'our polling': (record, port) => our(record, port, ['polling']),
  'our sse': (record, port) => our(record, port, ['sse']),
  'our tcp': (record, port) => our(record, port, undefined),
  events: (record, port) => new StreamGuest(plain(record), port),
  stomp: (record, port) => new StompGuest(plain(record), port),
};

const guests = clients.map(({ index, wire, port, rooms }) => {
  const guest = WIRES[wire](new ClientRecord(index, wire, [...rooms]), port);
  guest.open?.();
  return guest;
});

const stall = (index, ms) => process.connected && process.send({ stall: index, ms });
const visitors = new Visitors(hasHalls ? guests : [], count, random, stall);

const calls = {
  countIn: () => guests.filter(({ isIn, visits }) => isIn && (visits?.isIn ?? true)).length,
  visit: ({ overMs }) => visitors.visit(overMs),
  async say({ quotas, overMs }) {
    await Promise.all(
      guests.map((guest) => {
        const quota = quotas[guest.record.index];
        return quota && sayAll(guest, { ...quota, overMs }, pickRoom);
      }),
    );
    return true;
  },
  join({ index, room }) {
    guests.find(({ record }) => record.index === index)?.join(room);
  },
  /** The clients that lack the last message of one of their rooms. One of STOMP may have any of several. */
  listBehind: ({ lasts }) =>
    guests
      .filter(({ record }) => {
        const enough = record.wire === 'stomp' ? lasts : lasts.slice(0, 1);
        return record.rooms.some((room) => !enough.some((last) => record.hasSeen(last[room])));
      })
      .map(({ record }) => record.index),
  handIn() {
    for (const guest of guests) guest.close();
    const records = guests.map(({ record }) => record);
    writeFileSync(file, JSON.stringify({ records, ...visitors.toJSON() }));
    return process.memoryUsage().rss;
  },
};

process.on('message', async ({ id, name, args }) => {
  const result = await calls[name](args);
  if (process.connected) process.send({ id, result });
});
process.on('disconnect', () => process.exit(0));
process.send({ id: 0 });
