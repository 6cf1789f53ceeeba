// All clients of a scene in one process. They enter their rooms, send the messages that they are told to, and report
// what they have received.
import { writeFileSync } from 'node:fs';
import { SeededRandom } from '@naru/testing';
import { io } from 'naru/client';
import { StompGuest, StreamGuest } from '../soak-real/plain-guests.mjs';
import { ClientRecord } from '../soak-real/record.mjs';
import { sayAll } from '../soak-real/saying.mjs';
import { OurGuest, StockGuest } from '../soak-real/socket-guests.mjs';
import { LaneGuest, UdpGuest } from './datagram-guests.mjs';
import { CurlGuest, LineGuest, PythonGuest, StompJsGuest } from './peer-guests.mjs';

const { clients, datagrams, host, ports, roomNames, seed, file } = JSON.parse(process.argv[2]);
const random = new SeededRandom(seed);

const pickRoom = () => random.pick(roomNames);

const WIRES = {
  'stock websocket': (record) => new StockGuest(record, ports.http, ['websocket'], host),
  'stock polling': (record) => new StockGuest(record, ports.http, ['polling'], host),
  'stock upgrade': (record) => new StockGuest(record, ports.http, ['polling', 'websocket'], host),
  'our websocket': (record) => new OurGuest(record, ports.http, ['websocket'], host),
  'our polling': (record) => new OurGuest(record, ports.http, ['polling'], host),
  'our sse': (record) => new OurGuest(record, ports.http, ['sse'], host),
  'our tcp': (record) => new OurGuest(record, ports.tcp, undefined, host),
  events: (record) => new StreamGuest(record, ports.http, host),
  stomp: (record) => new StompGuest(record, ports.stomp, host),
  curl: (record) => new CurlGuest(record, ports, host),
  lines: (record) => new LineGuest(record, ports, host),
  'stompjs websocket': (record) => new StompJsGuest(record, ports, host, 'websocket'),
  'stompjs tcp': (record) => new StompJsGuest(record, ports, host, 'tcp'),
  'python stomp': (record) => new PythonGuest(record, ports, host),
};

const guests = clients.map(({ index, wire, rooms }) => {
  const guest = WIRES[wire](new ClientRecord(index, wire, [...rooms]));
  if (wire === 'events' || wire === 'stomp') guest.open();
  return guest;
});

const alone = Array.from({ length: datagrams.alone }, (_, n) => new UdpGuest(`udp client ${n}`, host, ports.udp));
const lanes = datagrams.lanes.map(
  ({ transport, isTalking }, n) => new LaneGuest(`lane ${n} of ${transport}`, host, ports.http, transport, isTalking),
);
const all = [...guests, ...alone, ...lanes];

/** Clients that only wait, to measure the cost of silence for a server. */
const idle = [];

const calls = {
  /** The clients that have not entered yet. */
  listOut: () =>
    all.filter(({ isIn }) => !isIn).map(({ name, record }) => name ?? `client ${record.index}, ${record.wire}`),
  async say({ quotas, overMs }) {
    const saying = guests.map((guest) => {
      const quota = quotas[guest.record.index];
      return quota && guest.say && sayAll(guest, { ...quota, overMs }, pickRoom);
    });
    await Promise.all([
      ...saying,
      ...alone.map((guest, n) => sayAll(guest, { ...quotas[`udp ${n}`], overMs }, pickRoom)),
    ]);
    return true;
  },
  /** The clients that do not have the last message of each of their rooms. */
  listBehind: ({ last }) =>
    guests
      .filter(({ record }) => record.rooms.some((room) => !record.hasSeen(last[room])))
      .map(({ record }) => `${record.index}, ${record.wire}`),
  /** Opens clients that enter a room and only listen. Resolves when all are in. */
  async openIdle({ count, transports, room }) {
    const opened = Array.from({ length: count }, (_, n) => {
      const transport = transports[n % transports.length];
      const url = transport === 'tcp' ? `tcp://${host}:${ports.tcp}` : `http://${host}:${ports.http}`;
      const options = transport === 'tcp' ? {} : { transports: [transport] };
      const socket = io(url, { ...options, forceNew: true, reconnectionDelayMax: 1_000 });
      const guest = { socket, counts: { flood: 0, disorder: 0, connects: 0, recovered: 0 }, isIn: false };
      let due = 0;
      socket.on('flood', (index) => {
        if (index !== due) guest.counts.disorder += 1;
        due = index + 1;
        guest.counts.flood += 1;
      });
      socket.on('connect', () => {
        guest.counts.connects += 1;
        if (socket.recovered) guest.counts.recovered += 1;
        else
          socket.emit('enter', room, 'idle', () => {
            guest.isIn = true;
          });
      });
      idle.push(guest);
      return guest;
    });
    while (!opened.every(({ isIn }) => isIn)) await new Promise((resolve) => setTimeout(resolve, 50));
    return true;
  },
  idle: () => idle.map(({ socket, counts }) => ({ ...counts, isConnected: socket.connected })),
  handIn() {
    for (const guest of all) guest.close();
    for (const { socket } of idle) socket.disconnect();
    writeFileSync(file, JSON.stringify({ records: guests.map(({ record }) => record), alone, lanes }));
    return true;
  },
};

process.on('message', async ({ id, name, args }) => {
  const result = await calls[name](args);
  if (process.connected) process.send({ id, result });
});
process.on('disconnect', () => process.exit(0));
process.on('exit', () => {
  for (const guest of guests) if (guest instanceof PythonGuest || guest instanceof CurlGuest) guest.close();
});
process.send({ id: 0 });
