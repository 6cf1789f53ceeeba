import { once } from 'node:events';
import { createServer, get, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { deferred, RawPeer } from '../../../../../../test/kit/clients/raw-peer.js';
import type { ListeningOptions } from '../../../../src/transport/websocket/api/options.js';
import type { Connection } from '../../../../src/transport/websocket/api/public-connection.js';
import { type ListenTarget, WebSocketServer } from '../../../../src/transport/websocket/api/server.js';

const open: WebSocketServer[] = [];
const https: Server[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) {
    for (const client of server.clients) client.terminate();
    await server.close();
  }
  for (const server of https.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function start(options?: ListeningOptions, target: ListenTarget = { port: 0, host: '127.0.0.1' }) {
  const server = new WebSocketServer(target, options);
  open.push(server);
  await server.ready();
  const port = (server.address() as AddressInfo).port;
  return { server, port, url: `ws://127.0.0.1:${port}` };
}

async function client(url: string, protocols: string[] = [], options: ClientOptions = {}) {
  const socket = new WebSocket(url, protocols, options);
  await once(socket, 'open');
  return socket;
}

async function statusOf(url: string): Promise<number | undefined> {
  const socket = new WebSocket(url);
  socket.on('error', () => {});
  const [, response] = await once(socket, 'unexpected-response');
  socket.terminate();
  return response.statusCode;
}

describe('WebSocketServer', () => {
  it('emits each connection with its request, and counts open ones', async () => {
    const { server, url } = await start();
    const paths: (string | undefined)[] = [];
    server.on('connection', (_, request) => void paths.push(request.url));
    const one = await client(`${url}/one`);
    await client(`${url}/two?x`);
    expect(paths).toEqual(['/one', '/two?x']);
    expect([server.clientsCount, server.clients.size]).toEqual([2, 2]);
    const gone = new Promise((resolve) => [...server.clients][0]?.once('close', resolve));
    one.close();
    await gone;
    expect(server.clientsCount).toBe(1);
  });

  it('broadcasts to all but some, text and binary, with and without compression', async () => {
    const { server, url } = await start({ perMessageDeflate: { threshold: 0 } });
    const connections: Connection[] = [];
    server.on('connection', (connection) => void connections.push(connection));
    const first = await client(url, [], { perMessageDeflate: false });
    const second = await client(url, [], { perMessageDeflate: true });
    const third = await client(url);
    const seen: string[] = [];
    for (const [name, socket] of Object.entries({ first, second, third })) {
      socket.on('message', (data, isBinary) => void seen.push(`${name} ${isBinary ? 'binary' : 'text'} ${data}`));
    }
    server.broadcast('to all');
    server.broadcast(Buffer.from('bytes'), { except: connections[2] });
    server.broadcast(Buffer.from('as text'), {
      binary: false,
      except: new Set([connections[0] as Connection, connections[1] as Connection]),
    });
    await server.shutdown(1001);
    expect(seen.toSorted()).toEqual([
      'first binary bytes',
      'first text to all',
      'second binary bytes',
      'second text to all',
      'third text as text',
      'third text to all',
    ]);
  });

  it('agrees on a subprotocol by list or by function, and adds headers', async () => {
    const listed = await start({ protocols: ['b', 'a'], headers: [['X-Served-By', 'naru']] });
    expect((await client(listed.url, ['a', 'b'])).protocol).toBe('a');
    const chosen = await start({ selectProtocol: (offered) => offered.at(-1) });
    let seen = '';
    chosen.server.on('connection', (connection) => {
      seen = connection.protocol;
    });
    expect((await client(chosen.url, ['x', 'y'])).protocol).toBe('y');
    expect(seen).toBe('y');
    const peer = await RawPeer.open(listed.port);
    expect(peer.head).toContain('X-Served-By: naru');
    peer.socket.destroy();
  });

  it('refuses what verify refuses, also asynchronously, and reports a failing verify', async () => {
    const verdicts = [true, false, { status: 403, reason: 'no' }, new RangeError('verify')];
    const errors: Error[] = [];
    const { server, url } = await start({
      async verify() {
        const verdict = verdicts.shift();
        if (verdict instanceof Error) throw verdict;
        return verdict ?? false;
      },
    });
    server.on('error', (error) => void errors.push(error));
    await client(url);
    expect([await statusOf(url), await statusOf(url), await statusOf(url)]).toEqual([401, 403, 500]);
    expect(errors.map((error) => error.message)).toEqual(['verify']);
  });

  it.each(['end', 'resetAndDestroy'] as const)(
    'has room again when a client goes while verify decides, by %s',
    async (leave) => {
      const sockets: Socket[] = [];
      const decided = deferred<boolean>();
      const verdicts = [decided.promise, true];
      const verify = (request: { socket: Socket }) => {
        sockets.push(request.socket);
        return verdicts.shift() ?? false;
      };
      const { server, port, url } = await start({ connectionsMax: 1, verify });
      const impatient = connect(port, '127.0.0.1').on('error', () => undefined);
      impatient.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      await expect.poll(() => sockets.length).toBe(1);
      expect(await statusOf(url)).toBe(503);
      impatient[leave]();
      await expect.poll(() => sockets[0]?.closed).toBe(true);
      const socket = await client(url);
      decided.resolve(true);
      await decided.promise;
      // The late verdict gives nothing back a second time.
      expect([await statusOf(url), server.clientsCount]).toEqual([503, 1]);
      socket.terminate();
    },
  );

  it('accepts no more connections than allowed, and none after close', async () => {
    const { server, url } = await start({ connectionsMax: 1 });
    await client(url);
    expect(await statusOf(url)).toBe(503);
    const closed = server.close();
    for (const connection of server.clients) connection.terminate();
    await closed;
    const socket = new WebSocket(url);
    const [error] = await once(socket, 'error');
    expect(error.code).toBe('ECONNREFUSED');
  });

  it('closes every connection with shutdown', async () => {
    const { server, url } = await start();
    const socket = await client(url);
    const closed = once(socket, 'close');
    await server.shutdown(1012, 'restart');
    const [code, reason] = await closed;
    expect([code, String(reason)]).toEqual([1012, 'restart']);
    expect(server.clientsCount).toBe(0);
  });

  it('attaches to an existing HTTP server, at a path, beside others', async () => {
    const http = createServer((_, response) => response.end('page'));
    https.push(http);
    http.listen(0, '127.0.0.1');
    const { server, port } = await start({}, { server: http, path: '/a' });
    const other = new WebSocketServer(http, { path: '/b' });
    const paths: string[] = [];
    server.on('connection', () => void paths.push('a'));
    other.on('connection', () => void paths.push('b'));
    const url = `ws://127.0.0.1:${port}`;
    await client(`${url}/a`);
    await client(`${url}/b?q`);
    expect(paths).toEqual(['a', 'b']);
    expect(await statusOf(`${url}/c`)).toBe(404);
    for (const connection of other.clients) connection.terminate();
    await other.close();
    expect(await statusOf(`${url}/b`)).toBe(404);
    const answer = deferred<number | undefined>();
    get(`http://127.0.0.1:${port}`, (response) => answer.resolve(response.statusCode));
    expect(await answer.promise).toBe(200);
  });

  it("survives the reset of another listener's unanswered upgrade on the HTTP server", async () => {
    const http = createServer();
    https.push(http);
    http.listen(0, '127.0.0.1');
    const { port } = await start({}, { server: http, path: '/a' });
    // The paths of this listener are unknown.
    http.on('upgrade', () => undefined);
    const client = connect(port, '127.0.0.1');
    client.write('GET /b HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    const [, socket] = (await once(http, 'upgrade')) as [unknown, Socket];
    expect(socket.listenerCount('error')).toBe(1);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    client.resetAndDestroy();
    await closed;
    expect(socket.errored).toMatchObject({ code: 'ECONNRESET' });
  });

  it('answers any request but an upgrade with 426', async () => {
    const { port } = await start();
    const response = await fetch(`http://127.0.0.1:${port}`);
    expect([response.status, response.headers.get('upgrade')]).toEqual([426, 'websocket']);
    await response.text();
  });

  it('reports a port in use, by ready and as an event', async () => {
    const { port } = await start();
    const second = new WebSocketServer({ port, host: '127.0.0.1' });
    const seen = deferred<Error>();
    second.on('error', seen.resolve);
    await expect(second.ready()).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' });
    expect(await seen.promise).toMatchObject({ code: 'ADDRESS_IN_USE' });
    const third = new WebSocketServer({ port, host: '127.0.0.1' });
    await expect(third.ready()).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' });
  });

  it('refuses options out of range', () => {
    expect(() => new WebSocketServer({ port: 0 }, { connectionsMax: 0 })).toThrow(
      'Option "connectionsMax" must be a positive whole number, got 0.',
    );
    expect(() => new WebSocketServer({ port: 0 }, { messageBytesMax: -1 })).toThrow(
      'Option "messageBytesMax" must be a whole number of bytes, 0 or more, got -1.',
    );
  });
});
