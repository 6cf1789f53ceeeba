import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { WebSocketServer, type WebSocket as WsSocket } from 'ws';
import type { EngineOptions } from '../../../src/client/engine/options.js';
import { EngineSocket, NodeWebSocket } from '../../../src/client/index.js';
import { next } from '../stock/server.js';

const servers: WebSocketServer[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    for (const client of server.clients) client.terminate();
    server.close();
  }
});

const HANDSHAKE = '0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000}';

async function serve(options: object = {}): Promise<{ url: string; server: WebSocketServer }> {
  const server = new WebSocketServer({ port: 0, ...options });
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  return { server, url: `http://localhost:${(server.address() as AddressInfo).port}` };
}

async function open(options: EngineOptions = {}, serverOptions: object = {}) {
  const { server, url } = await serve(serverOptions);
  const connection = new Promise<[WsSocket, IncomingMessage]>((resolve) => {
    server.once('connection', (peer, request) => resolve([peer, request]));
  });
  const engine = new EngineSocket(url, { transports: ['websocket'], ...options });
  const [peer, request] = await connection;
  const opened = next(engine, 'open');
  peer.send(HANDSHAKE);
  await opened;
  return { engine, peer, request };
}

describe('a connection', () => {
  test('carries text and bytes both ways', async () => {
    const { engine, peer } = await open();
    const got: unknown[] = [];
    peer.on('message', (data: Buffer, isBinary: boolean) => {
      got.push(isBinary ? data : data.toString());
      peer.send(isBinary ? data : `4${data}`, { binary: isBinary });
    });
    const back: unknown[] = [];
    engine.on('message', (data) => back.push(data));
    engine
      .send('hi')
      .send(Buffer.from([1, 2]))
      .send(new Blob(['blob']))
      .send('€');
    await vi.waitFor(() => expect(back).toHaveLength(4), { timeout: 20_000 });
    expect(got).toEqual(['4hi', Buffer.from([1, 2]), Buffer.from('blob'), '4€']);
    expect(back).toEqual(['4hi', Buffer.from([1, 2]), Buffer.from('blob'), '4€']);
    engine.close();
  });

  test('keeps the order when a large message is sent while a Blob is still read', async () => {
    const { engine, peer } = await open();
    const got: string[] = [];
    peer.on('message', (data: Buffer) => got.push(`${data.length}`));
    const isHeard = () => vi.waitFor(() => expect(got).toHaveLength(1), { timeout: 20_000 });
    const readSlowly = async () => {
      queueMicrotask(() => engine.send('c'));
      await isHeard();
      return new ArrayBuffer(8);
    };
    engine.send('x'.repeat(19_999)).send({ arrayBuffer: readSlowly } as Blob);
    await vi.waitFor(() => expect(got).toEqual(['20000', '8', '2']), { timeout: 20_000 });
    engine.close();
  });

  test('requests subprotocols and carries headers', async () => {
    const { request, engine } = await open({ protocols: ['a', 'b'], extraHeaders: { 'x-token': 't' } });
    expect(request.headers).toMatchObject({ 'sec-websocket-protocol': 'a, b', 'x-token': 't' });
    engine.close();
  });

  test('compresses from the threshold on by default', async () => {
    const { engine, peer } = await open(
      { perMessageDeflate: { threshold: 10 } },
      { perMessageDeflate: { threshold: 0 } },
    );
    const sizes: number[] = [];
    const bytesRead = (): number => (peer as unknown as { _socket: { bytesRead: number } })._socket.bytesRead;
    let before = bytesRead();
    peer.on('message', () => {
      sizes.push(bytesRead() - before);
      before = bytesRead();
      peer.send('2');
    });
    for (const compress of [true, false]) {
      const ping = next(engine, 'ping');
      engine.send('a'.repeat(5_000), { compress });
      await ping;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    engine.close();
    expect(sizes[0]).toBeLessThan(200);
    expect(Math.max(...sizes)).toBeGreaterThan(5_000);
  });

  test('uses the given agent', () => {
    const addRequest = vi.fn();
    const transport = new NodeWebSocket({ hostname: 'h', path: '/', query: {}, agent: { addRequest } });
    transport.open();
    expect(addRequest).toHaveBeenCalledOnce();
  });
});

describe('the end', () => {
  test('by the server has a code and a reason', async () => {
    const { engine, peer } = await open();
    const close = next(engine, 'close');
    peer.close(1009, 'more than 1000 bytes');
    expect(await close).toMatchObject([
      'transport close',
      {
        description: 'websocket connection closed',
        context: { type: 'close', code: 1009, reason: 'more than 1000 bytes' },
      },
    ]);
  });

  test('without a close frame is a transport close with 1006', async () => {
    const { engine, peer } = await open();
    const close = next(engine, 'close');
    peer.terminate();
    expect(await close).toMatchObject(['transport close', { context: { code: 1006, wasClean: false } }]);
  });

  test('by terminate() is one for both sides', async () => {
    const { engine, peer } = await open();
    const [close, closed] = [next(engine, 'close'), next(peer as never, 'close')];
    const { ws } = engine.transport as unknown as { ws: { terminate(): void } };
    ws.terminate();
    expect([(await close)[0], (await closed)[0]]).toEqual(['transport close', 1006]);
  });

  test('by a message above our limit is a parse error that names it', async () => {
    const { engine, peer } = await open({ payloadBytesMax: 1_000 });
    const close = next(engine, 'close');
    const [code, reason] = await new Promise<[number, Buffer]>((resolve) => {
      peer.on('close', (...args) => resolve(args));
      peer.send(`4${'a'.repeat(1_000)}`);
    });
    expect([code, `${reason}`]).toEqual([1009, expect.stringContaining('1000')]);
    expect(await close).toMatchObject(['parse error', { code: 'WS_MESSAGE_TOO_BIG' }]);
  });

  test('by a wrong frame is a parse error', async () => {
    const { engine, peer } = await open();
    const close = next(engine, 'close');
    (peer as unknown as { _socket: { write(data: Buffer): void } })._socket.write(Buffer.from([0xff, 0x00]));
    expect((await close)[0]).toBe('parse error');
  });

  test('before the beginning is an error event', async () => {
    const http = createServer((_request, response) => response.writeHead(400).end());
    await new Promise<void>((resolve) => http.listen(0, resolve));
    const engine = new EngineSocket(`http://localhost:${(http.address() as AddressInfo).port}`, {
      transports: ['websocket'],
    });
    const [error] = await next(engine, 'error');
    expect(error).toMatchObject({
      type: 'TransportError',
      message: expect.stringMatching(/^websocket error/),
      description: { type: 'error', error: { status: 400 } },
    });
    http.close();
  });

  test('by us before the connection is open is silent', async () => {
    const { url, server } = await serve();
    const connection = vi.fn();
    server.on('connection', connection);
    const engine = new EngineSocket(url, { transports: ['websocket'] });
    const failed = vi.fn();
    engine.on('error', failed);
    engine.close();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([connection.mock.calls.length, failed.mock.calls.length]).toEqual([0, 0]);
  });
});

test('makes the transport wait for a peer that does not read, so that volatile events can be dropped', async () => {
  const { engine, peer } = await open();
  peer.pause();
  const message = 'a'.repeat(1_000_000);
  for (let count = 0; count < 30 && engine.transport.writable; count += 1) {
    engine.send(message);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(engine.transport.writable).toBe(false);
  const drain = next(engine, 'drain');
  peer.resume();
  await drain;
  expect(engine.transport.writable).toBe(true);
  engine.close();
});
