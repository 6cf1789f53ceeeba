// Many clients in one process. They enter their rooms, send the messages that they are told to, and report what they have
// received.
import { writeFileSync } from 'node:fs';
import { SeededRandom } from 'naru/testing';
import { setPatience } from './patience.mjs';
import { StompGuest, StreamGuest } from './plain-guests.mjs';
import { ClientRecord } from './record.mjs';
import { sayAll } from './saying.mjs';
import { OurGuest, StockGuest } from './socket-guests.mjs';

const { clients, count, roomNames, seed, file } = JSON.parse(process.argv[2]);
setPatience(count);
const random = new SeededRandom(seed);

const pickRoom = () => random.pick(roomNames);

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

const calls = {
  countIn: () => guests.filter(({ isIn }) => isIn).length,
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
