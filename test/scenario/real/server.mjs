// A server in its own process, on the built package. It does what its parent asks.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { local } from '@naru/local';
import { Server } from 'naru';
import { liveBufferBytes } from '../../kit/memory.mjs';

const { folder, port = 0, options = {}, retention } = JSON.parse(process.argv[2]);
const backplane = folder && local(folder, retention);
const http = createServer();
const io = new Server(http, { ...options, ...(backplane && { backplane }) });
let flooding;

io.on('connection', (socket) => {
  socket.on('enter', (room, ack) => {
    socket.join(room);
    ack?.();
  });
  socket.on('say', (room, ...args) => io.to(room).emit('said', ...args));
});

const calls = {
  emit: ({ room, event, args = [], isVolatile = false, count = 1 }) => {
    const target = room === undefined ? io : io.to(room);
    for (let n = 0; n < count; n += 1) (isVolatile ? target.volatile : target).emit(event, ...args);
  },
  /** Sends numbers from `from` on, `perTurn` in each turn of the event loop, so that processes alternate. */
  async count({ room, from, to, perTurn = 7 }) {
    for (let n = from; n < to; ) {
      for (let step = 0; step < perTurn && n < to; step += 1, n += 1) io.to(room).emit('n', n);
      await new Promise((resolve) => setImmediate(resolve));
    }
  },
  /**
   * Emits `bytes` bytes to a room, at the speed of all its members but one. `flooded` answers with the peak of its
   * memory.
   */
  flood({ room, bytes, size }) {
    const text = 'x'.repeat(size);
    const before = memory();
    let most = before;
    flooding = (async () => {
      for (let sent = 0, n = 0; sent < bytes; sent += size, n += 1) {
        io.to(room).emit('block', n, text);
        do await new Promise((resolve) => setImmediate(resolve));
        while (countLate() > 1);
        if (n % 16 !== 0) continue;
        const now = memory();
        most = { anonymous: Math.max(most.anonymous, now.anonymous), resident: Math.max(most.resident, now.resident) };
      }
      return most;
    })();
  },
  flooded: () => flooding,
  /** Bytes in use, without the log's file, which LMDB maps. */
  held: () => liveBufferBytes(),
  memory: () => memory(),
  sockets: () => [...io.sockets.sockets.values()].map(({ id, rooms, data }) => ({ id, rooms: [...rooms], data })),
  disconnect: () => io.disconnectSockets(true),
  drain: (drainOptions) => io.drain(drainOptions),
  async close() {
    await io.close();
    await backplane?.close();
    // The answer is sent first.
    setTimeout(() => process.exit(0), 20);
  },
};

/** Counts the sockets with much waiting data. */
function countLate() {
  let count = 0;
  for (const { conn } of io.sockets.sockets.values()) if (conn.bufferedBytes > 128 * 1024) count += 1;
  return count;
}

/** Bytes of the process's own memory, and the same with the mapped pages of files. */
function memory() {
  const status = readFileSync('/proc/self/status', 'utf8');
  const read = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) * 1024;
  return { anonymous: read('RssAnon'), resident: read('VmRSS') };
}

process.on('message', async ({ id, name, args }) => {
  process.send({ id, result: await calls[name](args ?? {}) });
});
process.on('disconnect', () => process.exit(0));
http.listen(port, '127.0.0.1', () => process.send({ port: http.address().port }));
