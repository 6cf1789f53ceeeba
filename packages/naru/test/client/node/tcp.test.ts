import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket as NetSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { certificate } from '../../../../../test/conformance/peers/certificate.js';
import { EngineSocket, io, Manager, type Socket } from '../../../src/client/index.js';
import { encodeRecord } from '../../../src/protocol/record/encode.js';
import { Server, type ServerOptions } from '../../../src/server/api/index.js';

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function listen(endpoint: string, options: ServerOptions = {}): Promise<{ server: Server; port: number }> {
  const server = new Server(options);
  closers.push(() => server.close());
  server.listen(endpoint);
  await server.ready();
  return { server, port: (server.endpoints[0]?.address as AddressInfo | undefined)?.port ?? 0 };
}

/** Opens a server of another kind, and returns each stream with its received data. */
async function listenRaw(onStream: (stream: NetSocket) => void): Promise<number> {
  const streams: NetSocket[] = [];
  const server = createServer((stream) => {
    streams.push(stream);
    stream.on('error', () => undefined);
    onStream(stream);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    for (const stream of streams) stream.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function open(uri: string, options: Parameters<typeof io>[1] = {}): Socket {
  const socket = io(uri, { forceNew: true, reconnectionDelay: 1, ...options });
  closers.push(() => socket.disconnect());
  return socket;
}

const next = <T>(emitter: { once(name: never, listener: (value: T) => void): unknown }, name: string): Promise<T> =>
  new Promise((resolve) => emitter.once(name as never, resolve));

describe('a client over TCP', () => {
  it('connects, exchanges events with bytes, and gets answers', async () => {
    const { server, port } = await listen('tcp://127.0.0.1:0');
    server.on('connection', (socket) => {
      expect([socket.conn.transport.name, socket.conn.subprotocol, socket.handshake.auth]).toEqual([
        'tcp',
        'socket.io',
        { token: 'x' },
      ]);
      socket.on('ask', (value, answer) => answer(value));
    });
    const socket = open(`tcp://127.0.0.1:${port}`, { auth: { token: 'x' } });
    const value = { a: [1, 'é'], bytes: Buffer.alloc(100_000, 7), none: Buffer.alloc(0) };
    expect(await socket.emitWithAck('ask', value)).toEqual(value);
    expect(socket.io.engine.transport.name).toBe('tcp');
  });

  it('takes the namespace from the address, and shares a connection', async () => {
    const { server, port } = await listen('tcp://127.0.0.1:0');
    server.of('/chat');
    const chat = open(`tcp://127.0.0.1:${port}/chat`);
    await next(chat, 'connect');
    const main = chat.io.socket('/');
    await next(main, 'connect');
    expect([server.of('/chat').sockets.size, server.engine.clientsCount]).toEqual([1, 1]);
  });

  it('shows its query to the server', async () => {
    const { server, port } = await listen('tcp://127.0.0.1:0');
    const query = new Promise((resolve) => server.on('connection', ({ handshake }) => resolve(handshake.query)));
    open(`tcp://127.0.0.1:${port}`, { query: { room: 'my room', n: 1 } });
    expect(await query).toEqual({ room: 'my room', n: '1', once: '1', EIO: '4', transport: 'tcp' });
  });

  it('keeps the order of its data, and sends the events of one turn together', async () => {
    const { server, port } = await listen('tcp://127.0.0.1:0');
    const seen: number[] = [];
    const done = new Promise<void>((resolve) => {
      server.on('connection', (socket) =>
        socket.on('n', (n) => {
          seen.push(n);
          if (n === 999) resolve();
        }),
      );
    });
    const socket = open(`tcp://127.0.0.1:${port}`);
    for (let n = 0; n < 1_000; n += 1) socket.emit('n', n);
    await done;
    expect(seen).toEqual(Array.from({ length: 1_000 }, (_, n) => n));
  });

  it('reconnects after a lost connection, like any client', async () => {
    const { server, port } = await listen('tcp://127.0.0.1:0');
    let count = 0;
    server.on('connection', (socket) => {
      count += 1;
      if (count < 3) socket.conn.close();
    });
    const socket = open(`tcp://127.0.0.1:${port}`);
    const reasons: string[] = [];
    socket.on('disconnect', (reason) => reasons.push(reason));
    await new Promise<void>((resolve) => socket.on('connect', () => count === 3 && resolve()));
    expect(reasons).toEqual(['transport close', 'transport close']);
  });

  it('connects over TLS, and only to trusted servers', async () => {
    const { server, port } = await listen('tls://127.0.0.1:0', { tcp: { tls: certificate } });
    const trusting = open(`tls://127.0.0.1:${port}`, { ca: certificate.cert });
    await next(trusting, 'connect');
    expect([...server.sockets.sockets.values()][0]?.handshake.secure).toBe(true);
    const doubting = open(`tls://localhost:${port}`, { reconnection: false });
    const error = await next<Error>(doubting, 'connect_error');
    expect(error.message).toMatch(/^tcp error: the certificate of localhost:\d+ is not trusted .* option "ca"/);
  });

  it('connects over a Unix socket, with a namespace', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'naru-'));
    closers.push(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'naru.sock');
    const { server } = await listen(`unix:${path}`);
    server.of('/chat');
    await next(open(`unix:${path}`), 'connect');
    await next(open(`unix:${path}:/chat`), 'connect');
    const manager = new Manager(`unix:${path}`, { autoConnect: false });
    closers.push(() => manager.disconnect());
    await new Promise<void>((resolve, reject) => manager.open((error) => (error ? reject(error) : resolve())));
    expect(server.of('/chat').sockets.size).toBe(1);
  });

  it('sends the preface first, at once', async () => {
    const said = new Promise<string>((resolve) => {
      void listenRaw((stream) => stream.once('data', (chunk) => resolve(String(chunk)))).then((port) => {
        const engine = new EngineSocket(`tcp://127.0.0.1:${port}`);
        closers.push(() => engine.close());
      });
    });
    expect(await said).toBe('NARU1?once=1\n');
  });

  it('cannot connect when nobody listens, or to a server of another kind', async () => {
    const port = await listenRaw((stream) => stream.write(`SSH-2.0-${'x'.repeat(100)}\r\n`));
    const lost = open(`tcp://127.0.0.1:${port}`, { reconnection: false });
    expect((await next<Error>(lost, 'connect_error')).message).toContain('packet');
    const nobody = open('tcp://127.0.0.1:1', { reconnection: false });
    expect((await next<Error>(nobody, 'connect_error')).message).toMatch(/^tcp error: nothing listens at 127.0.0.1:/);
    const nowhere = open('tcp://127.0.0.1:99999', { reconnection: false });
    expect((await next<Error>(nowhere, 'connect_error')).message).toMatch(/^tcp error/);
  });

  it('disconnects from a server whose record is too large', async () => {
    const port = await listenRaw((stream) => stream.write(encodeRecord('4'.repeat(2_000))));
    const socket = open(`tcp://127.0.0.1:${port}`, { reconnection: false, payloadBytesMax: 1_000 });
    expect((await next<Error>(socket, 'connect_error')).message).toBe('record exceeds the limit of 1000 bytes');
  });

  it('releases the connection when it disconnects, even before it is open', async () => {
    const { server, port } = await listen('tcp://127.0.0.1:0');
    const left = new Promise((resolve) =>
      server.on('connection', (socket) => socket.on('disconnect', (reason) => resolve(reason))),
    );
    const socket = open(`tcp://127.0.0.1:${port}`);
    await next(socket, 'connect');
    socket.disconnect();
    expect(await left).toBe('client namespace disconnect');
    open(`tcp://127.0.0.1:${port}`).disconnect();
  });

  it('waits while the server does not read, so that volatile events can be dropped', async () => {
    const handshake = '0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}';
    let server: NetSocket | undefined;
    const port = await listenRaw((stream) => {
      server = stream;
      stream.pause();
      stream.write(encodeRecord(handshake));
    });
    const engine = new EngineSocket(`tcp://127.0.0.1:${port}`);
    closers.push(() => engine.close());
    await next(engine, 'open');
    let count = 0;
    for (; count < 1_000 && engine.transport.writable; count += 1) {
      engine.send('x'.repeat(1_000_000));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(engine.transport.writable).toBe(false);
    server?.resume();
    await next(engine, 'drain');
    expect(engine.transport.writable).toBe(true);
  });
});
