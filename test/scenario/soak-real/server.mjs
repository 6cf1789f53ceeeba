// A server of the soak, in a process of its own, on the built package: every wire, one folder for the log, and an end of each kind.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Server } from 'naru';
import { local } from 'naru/backplane/local';

const { folder, boot, options } = JSON.parse(process.argv[2]);
const backplane = local(folder, { bytes: 8 * 1024 ** 3 });
const http = createServer();
const io = new Server(http, { ...options, backplane, events: true });

/** What one process gives to the tags of its messages: they are unique over all of them, and exact as numbers. */
const TAGS_OF_EACH = 1e9;
let tags = 0;

/** Milliseconds after which it is worth a word that a server has not ended. */
const LONG_MS = 10_000;

/** Says a message to a room; each saying has a tag of its own, so that one that is said twice is seen to be. */
function say(room, n, size = 0, extra = []) {
  tags += 1;
  const tag = boot * TAGS_OF_EACH + tags;
  // With a text at its end, a number, or much: offsets must not be mistaken for arguments.
  const pad = size > 0 ? ['x'.repeat(size)] : n % 3 === 0 ? ['the end'] : [];
  if (n % 50 === 0) io.to(room).volatile.emit('v', 'not kept');
  io.to(room).emit('m', tag, Date.now(), n, ...extra, ...pad);
  return tag;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

io.allow({
  subscribe: true,
  publish: (_socket, room, _event, [n]) => Number.isSafeInteger(n) && (() => say(room, n)),
});
io.on('connection', (socket) => {
  socket.on('enter', (room, attempt, ack) => {
    socket.join(room);
    // From here on the socket gets all that is said in the room.
    say(room, -1, 0, [attempt]);
    ack?.();
  });
  socket.on('say', (n, room, ack) => {
    say(room, n);
    ack?.(n);
  });
});
let logErrors = 0;
io.engine.on('log_error', (error) => {
  logErrors += 1;
  console.error('log_error', error);
});

const calls = {
  /** Says numbered messages; `size` bytes each where they are to fill the buffers of who does not read. */
  async say({ items, size }) {
    const said = [];
    for (const [n, room] of items) {
      said.push(say(room, n, size));
      if (said.length % 7 === 0) await turn();
    }
    // What was said in a turn is in the log behind its end.
    await turn();
    await turn();
    return said;
  },
  state() {
    const status = readFileSync('/proc/self/status', 'utf8');
    const rss = Number(/RssAnon:\s+(\d+)/.exec(status)?.[1]) * 1024;
    return { rss, sockets: io.sockets.sockets.size, logErrors };
  },
};

process.on('message', async ({ id, name, args }) => {
  const result = await calls[name](args);
  if (process.connected) process.send({ id, result });
});
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', async () => {
  let stage = 'drains';
  setTimeout(async () => {
    const open = await new Promise((resolve) => http.getConnections((_error, count) => resolve(count)));
    console.error(
      `server ${boot} takes long to end: it ${stage}, ${io.engine.clientsCount} clients, ${open} connections`,
    );
  }, LONG_MS).unref();
  await io.drain();
  stage = 'closes';
  // As `naru serve` does: requests that nobody reads the answer of are cut off.
  setTimeout(() => http.closeAllConnections(), 1_000).unref();
  await io.close();
  stage = 'closes the log';
  await backplane.close();
  process.exit(0);
});

http.listen(0, '127.0.0.1', async () => {
  io.listen('tcp://127.0.0.1:0');
  io.listen('stomp://127.0.0.1:0');
  await io.ready();
  const [tcp, stomp] = io.endpoints.map(({ address }) => address.port);
  process.send({ ports: { http: http.address().port, tcp, stomp } });
});
