// The scenes of `npm run test:runtimes`: a short test of each wire and entry, on the built package, with the same code
// in every runtime.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { io as connectClient } from '../../packages/naru/dist/esm/entry/client.js';
import { Server } from '../../packages/naru/dist/esm/entry/index.js';
import * as webSocket from '../../packages/naru/dist/esm/entry/websocket.js';
import * as net from '../../packages/net/dist/esm/entry/index.js';
import { stomp as stompWire } from '../../packages/stomp/dist/esm/entry/index.js';
import { udp as udpClient } from '../../packages/udp/dist/esm/entry/client.js';
import { udp as udpWire } from '../../packages/udp/dist/esm/entry/index.js';

/** Thrown by a scene that the runtime does not support. */
export class Skipped extends Error {}

/** The resources of a scene, which are closed after it in reverse order. */
export class Stage {
  #closers = [];

  /** Calls a function after the scene. */
  after(close) {
    this.#closers.push(close);
  }

  /** Starts a server on a port and on further endpoints. Returns it with the URL of each. */
  async serve(options = {}, ...endpoints) {
    const http = createServer((_request, response) => response.end('plain'));
    const io = new Server(http, { wires: [stompWire({ path: false }), udpWire()], ...options });
    this.after(() => io.close());
    await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve));
    for (const endpoint of endpoints) io.listen(endpoint);
    await io.ready();
    const urls = io.endpoints.map(({ url, address }) => url.replace(/:0$/, `:${address.port}`));
    return { io, urls, url: `http://127.0.0.1:${http.address().port}` };
  }

  /** Connects a client. */
  async join(url, options = {}) {
    const client = connectClient(url, { forceNew: true, reconnection: false, wires: [udpClient()], ...options });
    this.after(() => client.disconnect());
    await new Promise((resolve, reject) => client.once('connect', resolve).once('connect_error', reject));
    return client;
  }

  async close() {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }
}

/** Resolves with the first argument of the next event of this name. */
function next(emitter, name) {
  return new Promise((resolve) => emitter.once(name, resolve));
}

/** Collects text. Resolves with it as soon as it contains a part. `add` takes new text. */
function inbox() {
  const waiting = [];
  let text = '';
  const look = () => {
    for (const wait of waiting) if (text.includes(wait.part)) wait.resolve(text);
  };
  return {
    add(chunk) {
      text += chunk;
      look();
    },
    until: (part) =>
      new Promise((resolve) => {
        waiting.push({ part, resolve });
        look();
      }),
  };
}

function echo(io) {
  io.on('connection', (socket) => socket.on('echo', (value, answer) => answer(value)));
}

/** Sends ten messages there and back, and one of `size` characters. */
async function talk(io, client, size = 300_000) {
  for (let round = 0; round < 10; round += 1) {
    const heard = next(client, 'said');
    io.emit('said', round);
    assert.equal(await heard, round);
    assert.equal(await client.emitWithAck('echo', `é${round}`), `é${round}`);
  }
  const large = 'x'.repeat(size);
  const heard = next(client, 'said');
  io.emit('said', large);
  assert.equal(await heard, large);
  assert.equal(await client.emitWithAck('echo', large), large);
}

/** Returns a scene in which a client talks over one transport. */
function talkBy(transport, options) {
  return async (stage) => {
    const { io, url } = await stage.serve(options);
    echo(io);
    const client = await stage.join(url, { transports: [transport] });
    assert.equal(client.io.engine.transport.name, transport);
    await talk(io, client);
    const left = new Promise((resolve) => [...io.of('/').sockets.values()][0].once('disconnect', resolve));
    client.disconnect();
    await left;
  };
}

/** Returns a scene in which a client talks over an endpoint of its own. */
function talkOver(endpoint, size) {
  return async (stage) => {
    const { io, urls } = await stage.serve({}, endpoint);
    echo(io);
    await talk(io, await stage.join(urls[0]), size);
  };
}

/** Starts an echo server of `naru/websocket`, and returns its URL. */
async function serveWebSockets(stage) {
  const server = webSocket.listen({ port: 0, host: '127.0.0.1' }, { perMessageDeflate: true });
  stage.after(() => server.shutdown());
  server.on('connection', (connection) => connection.on('message', (data) => connection.send(data)));
  await server.ready();
  return `ws://127.0.0.1:${server.address().port}`;
}

export const scenes = {
  websocket: talkBy('websocket'),
  polling: talkBy('polling'),
  sse: talkBy('sse'),
  'websocket, plain': talkBy('websocket', { nodeInternals: false }),
  'sse, plain': talkBy('sse', { nodeInternals: false }),
  async upgrade(stage) {
    const { io, url } = await stage.serve();
    echo(io);
    const client = await stage.join(url);
    const { engine } = client.io;
    if (engine.transport.name !== 'websocket') await next(engine, 'upgrade');
    assert.equal(engine.transport.name, 'websocket');
    await talk(io, client);
  },
  tcp: talkOver('tcp://127.0.0.1:0'),
  // An event must fit into a datagram.
  udp: talkOver('udp://127.0.0.1:0', 800),
  async 'binary data'(stage) {
    const { io, url } = await stage.serve();
    echo(io);
    const bytes = Uint8Array.from({ length: 1_000 }, (_, at) => at % 251);
    for (const transport of ['websocket', 'polling', 'sse']) {
      const client = await stage.join(url, { transports: [transport] });
      const { name, data } = await client.emitWithAck('echo', { name: 'é', data: bytes });
      assert.deepEqual([name, ...new Uint8Array(data)], ['é', ...bytes]);
    }
  },
  async rooms(stage) {
    const { io, url } = await stage.serve();
    io.on('connection', (socket) => socket.join(socket.handshake.auth.rooms));
    const [red, both] = [
      await stage.join(url, { auth: { rooms: ['red'] } }),
      await stage.join(url, { auth: { rooms: ['red', 'blue'] } }),
    ];
    const heard = [];
    for (const [name, client] of Object.entries({ red, both })) client.onAny((event) => heard.push(`${name} ${event}`));
    const ended = Promise.all([next(red, 'end'), next(both, 'end')]);
    io.to('blue').emit('to blue');
    io.to('red').except('blue').emit('to red alone');
    io.emit('end');
    await ended;
    assert.deepEqual(heard.sort(), ['both end', 'both to blue', 'red end', 'red to red alone']);
  },
  async acknowledgements(stage) {
    const { io, url } = await stage.serve();
    const entered = next(io, 'connection');
    const client = await stage.join(url);
    const socket = await entered;
    client.on('sum', (a, b, answer) => answer(a + b));
    assert.equal(await socket.emitWithAck('sum', 1, 2), 3);
    assert.deepEqual(await io.timeout(5_000).emitWithAck('sum', 3, 4), [7]);
    await assert.rejects(client.timeout(50).emitWithAck('nobody listens'));
  },
  async recovery(stage) {
    const { io, url } = await stage.serve({ connectionStateRecovery: {} });
    io.on('connection', (socket) => socket.join('room'));
    const client = await stage.join(url, { reconnection: true, reconnectionDelay: 10, transports: ['websocket'] });
    const { id } = client;
    const first = next(client, 'said');
    io.to('room').emit('said', 'before');
    await first;
    const lost = next(client, 'disconnect');
    const heard = next(client, 'said');
    client.io.engine.close();
    await lost;
    io.to('room').emit('said', 'meanwhile');
    assert.equal(await heard, 'meanwhile');
    assert.deepEqual([client.recovered, client.id], [true, id]);
  },
  async 'plain events'(stage) {
    const { io, url } = await stage.serve({ events: true });
    io.of('/').allow({ subscribe: true, publish: true });
    const response = await fetch(`${url}/events/lobby`, { headers: { accept: 'text/event-stream' } });
    assert.equal(response.status, 200);
    const reader = response.body.getReader();
    stage.after(() => reader.cancel().catch(() => undefined));
    const box = inbox();
    const decoder = new TextDecoder();
    const read = async () => {
      for (let part = await reader.read(); !part.done; part = await reader.read())
        box.add(decoder.decode(part.value, { stream: true }));
    };
    // Cancelling ends the read, with or without an error.
    read().catch(() => undefined);
    await box.until('retry:');
    for (let round = 0; round < 5; round += 1) {
      io.to('lobby').emit('said', `server ${round}`);
      await box.until(`server ${round}`);
    }
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ event: 'said', args: ['by fetch'] });
    const posted = await fetch(`${url}/events/lobby`, { method: 'POST', headers, body });
    assert.equal(posted.status, 202);
    await box.until('by fetch');
  },
  async 'stomp over tcp'(stage) {
    const { io, urls } = await stage.serve({}, 'stomp://127.0.0.1:0');
    io.of('/').allow({ subscribe: true, publish: true });
    const socket = connectTcp(Number(/\d+$/.exec(urls[0])), '127.0.0.1');
    stage.after(() => socket.destroy());
    const box = inbox();
    socket.setEncoding('utf8').on('data', (chunk) => box.add(chunk));
    await next(socket, 'connect');
    socket.write('CONNECT\naccept-version:1.2\nhost:/\n\n\0');
    await box.until('CONNECTED');
    socket.write('SUBSCRIBE\nid:1\ndestination:/topic/lobby\nreceipt:r\n\n\0');
    await box.until('RECEIPT');
    io.to('lobby').emit('said', 'by the server');
    await box.until('by the server');
    socket.write('SEND\ndestination:/topic/lobby\ncontent-type:text/plain\n\nby stomp\0');
    await box.until('by stomp');
  },
  async '@naru/net'(stage) {
    const listener = await net.listen('tcp://127.0.0.1:0');
    stage.after(() => listener.close());
    const serve = async () => {
      const accepted = await listener.accept();
      for await (const chunk of accepted) await accepted.send(chunk);
      await accepted.close();
    };
    const served = serve();
    const socket = await net.connect(listener.localEndpoint);
    await socket.send('over the river');
    assert.equal(`${await socket.recv()}`, 'over the river');
    await socket.close();
    await served;
  },
  async 'naru/websocket'(stage) {
    const url = await serveWebSockets(stage);
    const connection = await webSocket.connect(url, { perMessageDeflate: true });
    for (const text of ['é', 'x'.repeat(100_000)]) {
      const heard = next(connection, 'message');
      connection.send(text);
      assert.equal(`${await heard}`, text);
    }
  },
  async 'the WebSocket class of the runtime'(stage) {
    if (typeof WebSocket === 'undefined') throw new Skipped('the runtime has no such class');
    const url = await serveWebSockets(stage);
    const standard = new WebSocket(url);
    await new Promise((resolve, reject) => {
      standard.addEventListener('open', resolve, { once: true });
      standard.addEventListener('error', reject, { once: true });
    });
    const heard = new Promise((resolve) => standard.addEventListener('message', resolve, { once: true }));
    standard.send('by the standard class');
    assert.equal((await heard).data, 'by the standard class');
    standard.close();
  },
  async 'backplane in a folder'(stage) {
    let local;
    try {
      ({ local } = await import('../../packages/local/dist/esm/entry/index.js'));
    } catch (error) {
      throw new Skipped(`lmdb does not load: ${String(error.message).split('\n')[0]}`);
    }
    const folder = mkdtempSync(join(tmpdir(), 'naru-runtime-'));
    stage.after(() => rmSync(folder, { recursive: true, force: true }));
    const backplane = local(folder);
    stage.after(() => backplane.close());
    const { io, url } = await stage.serve({ backplane });
    io.on('connection', (socket) => socket.join('room'));
    const client = await stage.join(url);
    const heard = next(client, 'said');
    io.to('room').emit('said', 'kept');
    assert.equal(await heard, 'kept');
    const { events } = await io.history('room');
    assert.deepEqual(
      events.map(({ args }) => args),
      [['kept']],
    );
  },
};
