import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { stomp } from '../../../stomp/src/stomp.js';
import { Server } from '../../src/server/api/server.js';

const H2C = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n';
const PATHS = ['/events/a', '/socket.io/?EIO=4&transport=polling', '/socket.io/?EIO=4&transport=sse', '/app'];

/** A server with every endpoint on HTTP, and an application that shows its requests. */
async function open(prepare: (http: ReturnType<typeof createServer>) => void = () => undefined) {
  const http = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () =>
      response.end(JSON.stringify([request.method, request.headers, `${Buffer.concat(chunks)}`])),
    );
  });
  prepare(http);
  const io = new Server(http, { events: true, wires: [stomp()], destroyUpgradeTimeout: 50 });
  io.allow({ subscribe: true, publish: true });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => io.close());
  return { http, io, port: (http.address() as AddressInfo).port };
}

/** A connection that sends texts, and collects the answers. */
async function dial(port: number) {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  onTestFinished(() => {
    socket.destroy();
  });
  let text = '';
  let isOver = false;
  socket.on('data', (data) => {
    text += data;
  });
  socket.on('close', () => {
    isOver = true;
  });
  await new Promise((resolve) => socket.once('connect', resolve));
  return {
    socket,
    send: (data: string) => socket.write(data),
    see: (pattern: RegExp) => expect.poll(() => text).toMatch(pattern),
    over: () => expect.poll(() => isOver).toBe(true),
    text: () => text,
  };
}

describe('a request that offers HTTP/2', () => {
  it.each(PATHS)('is answered in HTTP/1.1 at %s', async (path) => {
    const { port } = await open();
    const client = await dial(port);
    client.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n${H2C}\r\n`);
    await client.see(/^HTTP\/1\.1 200 OK\r\n/);
    expect(client.text()).not.toMatch(/upgrade: h2c/i);
  });

  it('keeps its body, in any form, and the connection', async () => {
    const { port } = await open();
    const stream = await dial(port);
    stream.send('GET /events/a HTTP/1.1\r\nHost: a\r\n\r\n');
    await stream.see(/: naru/);
    const client = await dial(port);
    const post = `POST /events/a HTTP/1.1\r\nHost: a\r\n${H2C}`;
    client.send(`${post}Content-Length: 3\r\n\r\none`);
    await stream.see(/\["one"\]/);
    client.send(`${post}Content-Length: 3\r\n\r\nt`);
    await new Promise((resolve) => setImmediate(resolve));
    client.send('wo');
    await stream.see(/\["two"\]/);
    client.send(`${post}Transfer-Encoding: chunked\r\n\r\n5\r\nthree\r\n0\r\n\r\n`);
    await stream.see(/\["three"\]/);
    await client.see(/(HTTP\/1\.1 202 [\s\S]*){3}/);
  });

  it('reaches the application once, without the upgrade headers if Node removes them', async () => {
    const { http, port } = await open();
    let connections = 0;
    http.on('connection', () => {
      connections += 1;
    });
    const client = await dial(port);
    client.send(
      `PUT /app HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\nX-Odd: \xe9\r\nContent-Length: 2\r\n\r\nhi`,
    );
    await client.see(/\r\n\r\n.*\]$/);
    const [, body = ''] = client.text().split('\r\n\r\n');
    const [method, headers, sent] = JSON.parse(body);
    expect([method, sent]).toEqual(['PUT', 'hi']);
    // Node 22.21, 24.9 and newer can be told not to treat it as an upgrade, and then show all of its headers.
    const isLeft = 'shouldUpgradeCallback' in http;
    expect(headers).toMatchObject({ host: 'a', 'content-length': '2' });
    expect([headers.connection, headers.upgrade]).toEqual(isLeft ? ['Upgrade, close', 'h2c'] : ['close', undefined]);
    await client.over();
    expect(connections).toBe(1);
  });

  it('is left to an application that listens to upgrades itself', async () => {
    const { port } = await open((http) => {
      http.on('upgrade', (request, socket) => {
        if (request.headers.upgrade === 'h2c') socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\nmine');
      });
    });
    const client = await dial(port);
    client.send(`GET /app HTTP/1.1\r\nHost: a\r\n${H2C}\r\n`);
    await client.see(/^HTTP\/1\.1 101 [\s\S]*mine$/);
  });

  it('is not parsed again if Node does not show all of its headers, because its body might be taken for a request', async () => {
    for (const [countMax, count] of [
      [20, 30],
      [null, 1_100],
    ] as const) {
      const { port } = await open((http) => {
        http.maxHeadersCount = countMax;
      });
      const client = await dial(port);
      const many = Array.from({ length: count }, (_, index) => `X${index}: 1\r\n`).join('');
      const inner = 'GET /inner HTTP/1.1\r\nHost: a\r\n\r\n';
      client.send(`POST /app HTTP/1.1\r\nHost: a\r\n${H2C}${many}Content-Length: ${inner.length}\r\n\r\n${inner}`);
      await client.over();
      expect(client.text()).not.toMatch(/HTTP\/1\.1 200/);
    }
  });

  it('is answered as a WebSocket if the client also offers one', async () => {
    const { port } = await open();
    const client = await dial(port);
    const key = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
    client.send(`GET /events/a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c, WebSocket\r\n${key}\r\n`);
    await client.see(/^HTTP\/1\.1 101 /);
  });

  it('differs from any other unclaimed upgrade, which is closed silently after destroyUpgradeTimeout', async () => {
    const { port } = await open();
    for (const protocol of ['IRC/6.9', 'TLS/1.0']) {
      const client = await dial(port);
      client.send(`GET /app HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`);
      await client.over();
      expect(client.text()).toBe('');
    }
  });
});
