// The server behind the path, in its own process, on the built package. It has every endpoint and one folder for the
// log, and notes what happens.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { local } from '@naru/local';
import { stomp as stompWire } from '@naru/stomp';
import { udp as udpWire } from '@naru/udp';
import { Server } from 'naru';
import { STOMP_OPTIONS } from '../soak-real/setting.mjs';
import { DatagramHost } from './datagram-host.mjs';

const { folder, host, options } = JSON.parse(process.argv[2]);
const backplane = folder === undefined ? undefined : local(folder, { bytes: 8 * 1024 ** 3 });
const http = createServer();
const wires = [stompWire(STOMP_OPTIONS), udpWire()];
const io = new Server(http, { ...options, ...(backplane && { backplane }), events: true, wires });
const datagrams = new DatagramHost(io);

let tags = 0;
/** The joins and leaves of sockets: `{ at, wire, id, recovered }` and `{ at, wire, id, reason }`. */
const notes = [];

/** Sends a message to a room. Each message has its own tag, so that a duplicate is recognised. */
function say(room, n, extra = []) {
  tags += 1;
  // Some messages fill more than one packet of any path.
  const pad = n % 20 === 10 ? ['x'.repeat(4_000)] : n % 3 === 0 ? ['the end'] : [];
  io.to(room).emit('m', tags, Date.now(), n, ...extra, ...pad);
  return tags;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

io.allow({
  subscribe: true,
  publish: (_socket, room, _event, [n]) => Number.isSafeInteger(n) && (() => say(room, n)),
});
io.on('connection', (socket) => {
  const { transport, subprotocol } = socket.conn;
  const wire = () => `${socket.conn.transport?.name ?? transport.name} ${subprotocol}`;
  notes.push({ at: Date.now(), what: 'in', wire: wire(), id: socket.id, recovered: socket.recovered });
  let last = wire();
  socket.conn.on('upgrade', () => {
    last = wire();
  });
  socket.on('disconnect', (reason, details) => {
    const why = details instanceof Error ? details.message : undefined;
    notes.push({ at: Date.now(), what: 'out', wire: last, id: socket.id, reason, why });
  });
  socket.on('enter', (room, attempt, ack) => {
    socket.join(room);
    // From here on the socket receives all messages of the room.
    say(room, -1, [attempt]);
    ack?.();
  });
  socket.on('say', (n, room, ack) => {
    say(room, n);
    ack?.(n);
  });
  datagrams.admit(socket);
});
const errors = [];
for (const name of ['log_error', 'endpoint_error'])
  io.engine.on(name, (...args) => errors.push(`${name} ${args.at(-1)}`));

const calls = {
  /** Sends numbered messages. */
  async say({ items }) {
    const said = items.map(([n, room]) => say(room, n));
    // Messages of a turn are in the log after its end.
    await turn();
    await turn();
    return said;
  },
  /** Emits to everybody in a room, or a different text to each socket: `count` events of `size` bytes. */
  async flood({ room, count, size, isOwn }) {
    for (let index = 0; index < count; index += 1) {
      if (isOwn)
        for (const socket of io.sockets.sockets.values()) socket.emit('flood', index, String(index % 10).repeat(size));
      else io.to(room).emit('flood', index, String(index % 10).repeat(size));
      await turn();
    }
    return true;
  },
  state() {
    const status = readFileSync('/proc/self/status', 'utf8');
    const rss = Number(/RssAnon:\s+(\d+)/.exec(status)?.[1]) * 1024;
    const { cpu } = process;
    return { rss, cpu, sockets: io.sockets.sockets.size, clients: io.engine.clientsCount, errors };
  },
  notes: () => notes,
  datagrams: () => datagrams.report(),
};

process.on('message', async ({ id, name, args }) => {
  const result = await calls[name](args);
  if (process.connected) process.send({ id, result });
});
process.on('disconnect', () => process.exit(0));

http.listen(0, host, async () => {
  for (const scheme of ['tcp', 'stomp', 'udp']) io.listen(`${scheme}://${host}:0`);
  await io.ready();
  const [tcp, stomp, udp] = io.endpoints.map(({ address }) => address.port);
  process.send({ id: 0, result: { http: http.address().port, tcp, stomp, udp } });
});
