// A node of Socket.IO or of Naru that says numbered words until it is told to end. Runs on the built packages.
import { createServer } from 'node:http';
import { socketIo } from '@naru/bridge';
import { redis } from '@naru/redis';
import { createClient } from '@redis/client';
import { createAdapter } from '@socket.io/redis-adapter';
import { createAdapter as createStreams } from '@socket.io/redis-streams-adapter';
import { Server } from 'naru';
import { Server as OldServer } from 'socket.io';

const [, , kind, name, port, url, everyMs, adapter = 'redis'] = process.argv;

async function open() {
  const client = createClient({ url: String(url) });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function createOwn() {
  return adapter === 'streams' ? createStreams(await open(), {}) : createAdapter(await open(), await open());
}

const http = createServer();
const options = { pingInterval: 1_000, pingTimeout: 1_000 };
const backplane =
  kind === 'log' ? redis(String(url)) : kind === 'carrier' ? redis(String(url), { log: false }) : undefined;
const io =
  kind === 'old'
    ? new OldServer(http, { ...options, adapter: await createOwn() })
    : new Server(http, {
        ...options,
        backplane,
        bridge: socketIo(await open(), { adapter: adapter === 'streams' ? 'streams' : 'redis' }),
        connectionStateRecovery: {},
        printNodes: false,
      });
io.on('connection', (/** @type {any} */ socket) => {
  socket.join('all');
  socket.emit('hello', `${kind} ${name}`);
});
http.listen(Number(port), '127.0.0.1', () => process.send?.('open'));

let number = 0;
const run = `${name}-${process.pid}`;
const timer = setInterval(() => {
  number += 1;
  io.to('all').emit('word', run, number);
  // Equal texts are told apart by their place alone.
  io.to('all').emit('tick', run);
}, Number(everyMs));

process.on('message', async (what) => {
  // For some seconds, a killed node may count as one that does not answer.
  if (what === 'count')
    io.in('all')
      .fetchSockets()
      .then(
        (/** @type {unknown[]} */ found) => process.send?.(found.length),
        () => process.send?.(-1),
      );
  if (what === 'quiet') {
    clearInterval(timer);
    process.send?.({ run, number });
  }
});
process.once('SIGTERM', async () => {
  clearInterval(timer);
  process.send?.({ run, number });
  await io.close();
  await backplane?.close();
  setTimeout(() => process.exit(0), 50);
});
