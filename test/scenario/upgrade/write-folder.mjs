// Writes the folder of a log with the build of the project's commit 2004b00, as version 0.1 does. At that commit, calls
// did not reach other nodes yet. Check it out beside the project as ../naru-0.1, and run npm ci and npm run build
// there. Then run:
// node test/scenario/upgrade/write-folder.mjs ../naru-0.1 test/scenario/upgrade
//
// The clock of the servers begins at a fixed time, so a test can open the folder while its sessions are still kept.
// Each phase is a process that dies by SIGKILL, except for the last one.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';

const START_AT = Date.UTC(2026, 0, 1);
const [, , project, target, phase, folder] = process.argv;
const load = (name) => import(pathToFileURL(resolve(project, 'dist/esm', `${name}.js`)).href);

if (phase === undefined) {
  const place = mkdtempSync(join(tmpdir(), 'naru-folder-'));
  const facts = { startAt: START_AT };
  for (const name of ['visit', 'quiet', 'read']) {
    const { stdout } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), project, target, name, place], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    Object.assign(facts, JSON.parse(stdout.toString()));
  }
  writeFileSync(join(target, 'folder-0.1.mdb.gz'), gzipSync(readFileSync(join(place, 'data.mdb')), { level: 9 }));
  writeFileSync(join(target, 'folder-0.1.json'), `${JSON.stringify(facts, null, 2)}\n`);
  rmSync(place, { recursive: true });
} else {
  await { visit, quiet, read }[phase]();
}

/** Opens a server with the folder. Its clock begins the number of seconds `afterS` after the fixed time. */
async function open(afterS) {
  const [{ Server }, { local }, { stomp }] = [await load('index'), await load('backplane-local'), await load('stomp')];
  const begunAt = Date.now();
  const clock = {
    now: () => START_AT + afterS * 1_000 + (Date.now() - begunAt),
    setTimeout: (callback, delayMs, argument) => setTimeout(callback, delayMs, argument),
    clearTimeout: (timer) => clearTimeout(timer),
    defer: (callback, argument) => setImmediate(callback, argument),
  };
  const http = createServer();
  const backplane = local(folder, { clock });
  const io = new Server(http, {
    clock,
    backplane,
    connectionStateRecovery: { maxDisconnectionDuration: 3_600_000 },
    wires: [stomp()],
  });
  await new Promise((listening) => http.listen(0, '127.0.0.1', listening));
  return { io, backplane, url: `http://127.0.0.1:${http.address().port}` };
}

/** A client of Socket.IO with a session, an answer and presence, and a client of STOMP with a durable subscription. */
async function visit() {
  const { io, backplane, url } = await open(0);
  const { io: connectTo } = await load('client');
  io.allow({ subscribe: () => true, history: () => true });
  io.on('connection', (socket) => {
    socket.on('enter', (done) => {
      socket.data.name = 'ada';
      socket.join(['harbour', 'käfig 1']);
      io.presence('harbour').join(socket, { id: 'ada', state: { mood: 'calm' } });
      done();
    });
    socket.on('order', (tea, done) => done({ tea, bytes: Buffer.from([1, 2, 3]) }));
  });
  const client = connectTo(url, { transports: ['websocket'] });
  await new Promise((connected) => client.on('connect', connected));
  await client.emitWithAck('enter');
  const key = 'a key of 20 characters';
  const answer = await client.emitWithAck('naru:once', key, 'order', 2);

  io.emit('everybody', 'é', { n: 1 });
  io.to('harbour').emit('picture', Buffer.from([0, 255, 7]), new Uint8Array(0));
  io.except('harbour').emit('not for ada');
  io.to('käfig 1').key('row').emit('state', 1);
  io.of('/chat').emit('elsewhere');
  const durable = 'a durable name with 20 characters';
  const stomp = await subscribe(io, durable);
  io.to('orders').emit('placed', 'first');
  await stomp.acknowledge();
  await sleep(500);
  const [[session]] = backplane.store.list('session / ', 1);
  // The client has received the events up to this one. The pid and the offset are private in the client.
  const { offset } = backplane.log.read('/', '00000000000', 100).records.find(({ key: row }) => row === 'row');
  process.stdout.write(
    JSON.stringify({ id: client.id, pid: session.slice(10), offset, key, answer, durable, acked: stomp.offset }),
    () => process.kill(process.pid, 'SIGKILL'),
  );
  await sleep(10_000);
}

/** Subscribes with a durable name, and acknowledges the first message. */
async function subscribe(io, durable) {
  io.listen('stomp://127.0.0.1:0');
  await io.ready();
  const { address } = io.doors[0];
  const socket = connect(typeof address === 'object' ? address.port : Number(new URL(address).port), '127.0.0.1');
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  const got = async (pattern) => {
    while (!pattern.test(text)) await sleep(10);
    return pattern.exec(text);
  };
  socket.write('CONNECT\naccept-version:1.2\nhost:x\n\n\0');
  await got(/CONNECTED/);
  socket.write(`SUBSCRIBE\nid:1\ndestination:/topic/orders\nack:client\ndurable:${durable}\nreceipt:r1\n\n\0`);
  await got(/RECEIPT/);
  const client = {
    offset: undefined,
    async acknowledge() {
      const [, ack] = await got(/^ack:(.+)$/m);
      const [, offset] = await got(/^offset:(\w{11})/m);
      client.offset = offset;
      socket.write(`ACK\nid:${ack}\nreceipt:r2\n\n\0`);
      await got(/receipt-id:r2/);
    },
  };
  return client;
}

/** A later process without clients, whose records stand after a hole. */
async function quiet() {
  const { io } = await open(2);
  io.to('harbour').emit('missed', 1, Buffer.from([9]));
  io.emit('missed', 2);
  io.to('orders').emit('placed', 'second');
  await sleep(300);
  process.stdout.write('{}', () => process.kill(process.pid, 'SIGKILL'));
  await sleep(10_000);
}

/** Reads everything with the code that wrote it. */
async function read() {
  const { local } = await load('backplane-local');
  const backplane = local(folder, {
    clock: { now: () => START_AT + 4_000, setTimeout: () => ({}), clearTimeout() {}, defer: setImmediate },
  });
  const records = Object.fromEntries(
    backplane.log.namespaces().map((namespace) => [
      namespace,
      backplane.log.read(namespace, '00000000000', 1_000).records.map(({ attachments, ...record }) => ({
        ...record,
        attachments: attachments.map((bytes) => Buffer.from(bytes).toString('base64')),
      })),
    ]),
  );
  await backplane.close();
  process.stdout.write(JSON.stringify({ records }));
}
