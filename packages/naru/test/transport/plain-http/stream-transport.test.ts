import { type createServer, request as httpRequest } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { certificate } from '../../../../../test/conformance/peers/certificate.js';
import { Inbox, nextSocket, openRaw, openStage } from '../../../../../test/kit/clients/plain-events.js';
import { nodeInternalsFor } from '../../../src/node-internals/choose.js';
import type { NodeServer } from '../../../src/server/api/server.js';
import { Server } from '../../../src/server/api/server.js';

const { bareStreams } = nodeInternalsFor(true).parts;
const GET = 'GET /events/a HTTP/1.1\r\nHost: a\r\n\r\n';

/** Serves plain events on any kind of server, and returns the port. */
async function serve(http: NetServer): Promise<[Server, number]> {
  const io = new Server(http as NodeServer, { events: true });
  io.sockets.allow({ subscribe: true, publish: true });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => io.close());
  return [io, (http.address() as AddressInfo).port];
}

describe('an event stream', () => {
  it.runIf(bareStreams)('consists of a head and bytes, without chunks, up to the end of the connection', async () => {
    const { io, port } = await openStage();
    const entered = nextSocket(io);
    const raw = await openRaw(port, GET);
    (await entered).emit('a', 1);
    const text = await raw.until('data: [1]\n\n');
    expect(text.replace(/Date: .*\r\n/, '')).toBe(
      'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store, no-transform\r\nX-Accel-Buffering: no\r\n' +
        'X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n: naru\nretry: 3000\n\nevent: a\ndata: [1]\n\n',
    );
    expect(text).toMatch(/\r\nDate: \w{3}, .* GMT\r\n/);
  });

  it('carries the headers that others set, such as those of "cors"', async () => {
    const { port } = await openStage({
      cors: { origin: 'https://a.example', credentials: true, exposedHeaders: ['x', 'y'] },
    });
    const raw = await openRaw(port, GET.replace('Host', 'Origin: https://a.example\r\nHost'));
    expect(await raw.until('\r\n\r\n')).toMatch(
      /Access-Control-Allow-Origin: https:\/\/a\.example\r\nVary: Origin\r\nAccess-Control-Allow-Credentials: true\r\n/i,
    );
  });

  it('keeps a pipelined request waiting, as HTTP demands', async () => {
    const { io, port } = await openStage();
    const entered = nextSocket(io);
    const raw = await openRaw(port, `${GET}GET /elsewhere HTTP/1.1\r\nHost: a\r\n\r\n`);
    (await entered).emit('a', 1);
    const text = await raw.until('data: [1]');
    expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(text).toMatch(/Transfer-Encoding: chunked/);
  });

  it('follows the answers to earlier requests', async () => {
    const { io, port } = await openStage();
    const entered = nextSocket(io);
    const raw = await openRaw(port, `GET /elsewhere HTTP/1.1\r\nHost: a\r\n\r\n${GET}`);
    (await entered).emit('a', 1);
    expect(await raw.until('data: [1]')).toMatch(/^HTTP\/1\.1 404 [\s\S]*elsewhere[\s\S]*HTTP\/1\.1 200 OK/);
  });

  it('ignores a little data after the request, and ends above a limit', async () => {
    const { io, port } = await openStage();
    const entered = nextSocket(io);
    const raw = await openRaw(port, GET);
    const socket = await entered;
    await raw.until('retry');
    raw.socket.write(GET);
    socket.emit('a');
    expect((await raw.until('event: a')).match(/HTTP\/1\.1/g)).toHaveLength(1);
    const gone = new Promise((resolve) => socket.on('disconnect', resolve));
    for (let index = 0; index < 20; index += 1) raw.socket.write('x'.repeat(1024));
    expect(await gone).toBe('transport close');
  });

  it('is read as its response by an HTTP/1.1 client that sends a body with its GET', async () => {
    const { io, port } = await openStage();
    const entered = nextSocket(io);
    const raw = await openRaw(port, 'GET /events/a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n1');
    (await entered).emit('a', 1);
    await raw.until('retry');
    raw.socket.write('23');
    expect(await raw.until('data: [1]')).toMatch(/Transfer-Encoding: chunked/);
  });

  it('is cut when the peer does not read the end in time', async () => {
    const { io, port } = await openStage({ closeTimeout: 50 });
    const entered = nextSocket(io);
    const raw = await openRaw(port, GET);
    const socket = await entered;
    await raw.until('retry');
    raw.socket.pause();
    socket.emit('big', 'x'.repeat(20_000_000));
    await expect.poll(() => socket.conn.bufferedBytes).toBeGreaterThan(1_000_000);
    socket.conn.transport.close();
    const connections = (): Promise<number> =>
      new Promise((resolve) =>
        (io.httpServer as ReturnType<typeof createServer>).getConnections((_error, count) => resolve(count)),
      );
    await expect.poll(connections).toBe(0);
  });

  it('runs over TLS', async () => {
    const [io, port] = await serve(createHttpsServer(certificate));
    const entered = nextSocket(io);
    const inbox = new Inbox<string>();
    const client = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => client.write(GET));
    client.on('data', (chunk) => inbox.add(chunk.toString()));
    onTestFinished(() => {
      client.destroy();
    });
    const socket = await entered;
    socket.emit('a', 1);
    await expect
      .poll(() => inbox.items.join(''))
      .toMatch(
        bareStreams
          ? /Connection: close\r\n\r\n: naru[\s\S]*data: \[1\]\n\n$/
          : /Connection: close\r\n[\s\S]*: naru[\s\S]*data: \[1\]\n\n\r\n$/,
      );
    expect(socket.handshake.secure).toBe(true);
  });

  it('runs over HTTP/2', async () => {
    const [io, port] = await serve(createHttp2Server());
    const entered = nextSocket(io);
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    const stream = session.request({ ':path': '/events/a', accept: 'text/event-stream' });
    let text = '';
    stream.on('data', (chunk) => {
      text += String(chunk);
    });
    const headers = new Promise((resolve) => stream.once('response', resolve));
    const socket = await entered;
    socket.emit('a', 1);
    expect(await headers).toMatchObject({ ':status': 200, 'content-type': 'text/event-stream' });
    await expect.poll(() => text).toBe(': naru\nretry: 3000\n\nevent: a\ndata: [1]\n\n');
    const gone = new Promise((resolve) => socket.on('disconnect', resolve));
    stream.close();
    expect(await gone).toBe('transport close');
    const post = session.request({ ':path': '/events/a', ':method': 'POST', 'content-type': 'text/plain' });
    post.end('hi');
    expect(await new Promise((resolve) => post.once('response', resolve))).toMatchObject({ ':status': 202 });
    for (const [origin, status] of [
      [`http://127.0.0.1:${port}`, 202],
      ['http://elsewhere.example', 403],
    ] as const) {
      const from = session.request({ ':path': '/events/a', ':method': 'POST', origin });
      from.end('hi');
      expect(await new Promise((resolve) => from.once('response', resolve))).toMatchObject({ ':status': status });
    }
    session.destroy();
  });

  it('survives a client library that reuses connections', async () => {
    const { io, port } = await openStage();
    io.sockets.allow({ subscribe: (_socket, room) => room !== 'b' });
    for (const room of ['b', 'a', 'b', 'a', 'a']) {
      const status = await new Promise((resolve) => {
        const request = httpRequest({ port, host: '127.0.0.1', path: `/events/${room}` }, (response) => {
          resolve(response.statusCode);
          if (response.statusCode === 200) request.destroy();
          else response.resume();
        });
        request.on('error', () => undefined);
        request.end();
      });
      expect(status).toBe(room === 'a' ? 200 : 403);
    }
  });
});
