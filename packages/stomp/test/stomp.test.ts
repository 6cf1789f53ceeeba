import { createServer } from 'node:http';
import { connect as connectHttp2, createSecureServer } from 'node:http2';
import { type AddressInfo, connect, type Socket as NetSocket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { io as connectSocketIo } from 'socket.io-client';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { certificate } from '../../../test/conformance/peers/certificate.js';
import type { ServerOptions } from '../../naru/src/server/api/server.js';
import { Server } from '../../naru/src/server/api/server.js';
import { stomp } from '../src/stomp.js';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const CONNECT = 'CONNECT\naccept-version:1.2\nhost:/\n\n\0';

async function serve(options: ServerOptions = {}): Promise<{ io: Server; url: string; port: number }> {
  const http = createServer((_request, response) => response.writeHead(404).end());
  const io = new Server(http, { wires: [stomp({ path: false })], ...options });
  cleanups.push(() => io.close());
  io.listen('stomp://127.0.0.1:0');
  await io.ready();
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const port = (io.endpoints.at(0)?.address as AddressInfo | undefined)?.port ?? 0;
  return { io, port, url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}` };
}

/** A connection without a library: its received data, and its end. */
function dial(port: number): {
  stream: NetSocket;
  text: () => string;
  until: (part: string) => Promise<string>;
  ended: Promise<string>;
} {
  const stream = connect(port, '127.0.0.1');
  cleanups.push(() => stream.destroy());
  let got = '';
  const waiting = new Set<() => void>();
  stream.on('data', (chunk) => {
    got += chunk.toString('latin1');
    for (const check of waiting) check();
  });
  const until = (part: string): Promise<string> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (got.includes(part)) resolve(got);
      };
      waiting.add(check);
      check();
    });
  const ended = new Promise<string>((resolve) => stream.on('end', () => resolve(got)));
  return { stream, text: () => got, until, ended };
}

/** Opens a WebSocket, with its messages and its close code. */
async function openWebSocket(url: string, protocols?: string[]) {
  const socket = new WebSocket(url, protocols);
  const messages: string[] = [];
  const waiting = new Set<() => void>();
  cleanups.push(() => socket.terminate());
  socket.on('message', (data) => {
    messages.push(String(data));
    for (const check of waiting) check();
  });
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  await new Promise((resolve, reject) => {
    socket.once('open', resolve).once('error', reject);
  });
  const until = (part: string): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (messages.join('').includes(part)) resolve();
      };
      waiting.add(check);
      check();
    });
  return { socket, messages, closed, until };
}

describe('stomp://', () => {
  it('makes a socket of a client, and delivers the last frame before the connection ends', async () => {
    const { io, port } = await serve();
    const roads: string[] = [];
    io.on('connection', (socket: { conn: { transport: { name: string }; subprotocol: string } }) =>
      roads.push(`${socket.conn.transport.name} ${socket.conn.subprotocol}`),
    );
    const client = dial(port);
    client.stream.write(CONNECT);
    await client.until('CONNECTED');
    client.stream.write('DISCONNECT\nreceipt:bye\n\n\0more that nobody reads');
    expect(await client.ended).toContain('RECEIPT\nreceipt-id:bye\n\n\0');
    expect(roads).toEqual(['tcp stomp']);
  });

  it('answers a browser that connected by mistake', async () => {
    const { port } = await serve();
    const client = dial(port);
    client.stream.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await client.ended).toContain('ERROR\nmessage:a line is longer than any STOMP command');
  });

  it('reports a full server, and a port in use', async () => {
    const { io, port } = await serve({ sessionsMax: 1 });
    const first = dial(port);
    first.stream.write(CONNECT);
    await first.until('CONNECTED');
    const second = dial(port);
    expect(await second.ended).toContain('ERROR\nmessage:the server is full');
    io.listen(`stomp://127.0.0.1:${port}`);
    await expect(io.ready()).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' });
  });

  it('needs a key for TLS', async () => {
    const { io } = await serve();
    expect(() => io.listen('stomps://127.0.0.1:0')).toThrow('stomp.tls');
  });
});

describe('stomps://', () => {
  it('is the same over TLS, as its sockets show', async () => {
    const io = new Server({ wires: [stomp({ tls: certificate })] });
    cleanups.push(() => io.close());
    const secure: boolean[] = [];
    io.on('connection', (socket: { handshake: { secure: boolean } }) => secure.push(socket.handshake.secure));
    io.listen('stomps://127.0.0.1:0');
    await io.ready();
    const port = (io.endpoints.at(0)?.address as AddressInfo | undefined)?.port ?? 0;
    const stream = connectTls({ port, host: '127.0.0.1', ca: certificate.cert });
    let got = '';
    stream.write(`${CONNECT}DISCONNECT\nreceipt:1\n\n\0`);
    for await (const chunk of stream) got += String(chunk);
    expect(got).toContain('CONNECTED');
    expect(got).toContain('receipt-id:1');
    expect(secure).toEqual([true]);
  });
});

describe.each([undefined, {}])('a room, with recovery %j', (connectionStateRecovery) => {
  it('is shared by STOMP and Socket.IO', async () => {
    const { io, port, url } = await serve({ connectionStateRecovery });
    io.allow({ subscribe: true, publish: true });
    io.on('connection', (socket: { join(room: string): void }) => socket.join('lobby'));
    const page = connectSocketIo(url.replace('ws', 'http'), { forceNew: true, transports: ['websocket'] });
    cleanups.push(() => page.disconnect());
    await new Promise<void>((resolve) => page.on('connect', () => resolve()));
    const heard = new Promise<unknown[]>((resolve) => page.on('say', (...args: unknown[]) => resolve(args)));
    const client = dial(port);
    client.stream.write(`${CONNECT}SUBSCRIBE\nid:1\ndestination:/topic/lobby\nreceipt:in\n\n\0`);
    await client.until('receipt-id:in');
    client.stream.write('SEND\ndestination:/topic/lobby\nevent:say\ncontent-type:application/json\n\n["from STOMP"]\0');
    expect((await heard).slice(0, 1)).toEqual(['from STOMP']);
    await client.until('["from STOMP"]\0');
    page.emit('naru:publish', 'lobby', 'say', 'from Socket.IO', Buffer.of(1, 2));
    expect(await client.until('from Socket.IO')).toContain('["from Socket.IO",{"$bytes":"AQI="}]\0');
  });
});

describe('WebSockets', () => {
  it.each([
    [['v12.stomp'], 'v12.stomp'],
    [['v10.stomp', 'v11.stomp'], 'v10.stomp'],
    [undefined, ''],
  ])('that offer %j get "%s"', async (offered, agreed) => {
    const { url } = await serve({ wires: [stomp()] });
    const { socket, messages, until } = await openWebSocket(`${url}/stomp`, offered);
    expect(socket.protocol).toBe(agreed);
    socket.send(CONNECT);
    await until('CONNECTED');
    expect(messages).toHaveLength(1);
  });

  it('may split frames into messages in any way', async () => {
    const { url } = await serve({ wires: [stomp()] });
    const { socket, until } = await openWebSocket(`${url}/stomp`);
    for (const char of CONNECT) socket.send(char);
    await until('CONNECTED');
    socket.send(Buffer.from('DISCONNECT\nreceipt:1\n\n\0'));
    await until('RECEIPT');
  });

  it('close after an ERROR', async () => {
    const { url } = await serve({ wires: [stomp()] });
    const { socket, messages, closed } = await openWebSocket(`${url}/stomp`);
    socket.send('NONSENSE\n\n\0');
    expect(await closed).toBe(1002);
    expect(messages[0]).toContain('message:a frame begins with no command of STOMP');
  });

  it('that offer only other subprotocols are refused', async () => {
    const { url } = await serve({ wires: [stomp()] });
    await expect(openWebSocket(`${url}/stomp`, ['mqtt'])).rejects.toThrow('400');
  });

  it('are not served without a path, nor on other paths', async () => {
    const { url } = await serve({ wires: [stomp()] });
    await expect(openWebSocket(`${url}/stomp/x`)).rejects.toThrow();
    const plain = await serve();
    await expect(openWebSocket(`${plain.url}/stomp`)).rejects.toThrow();
    const moved = await serve({ wires: [stomp({ path: '/ws' })] });
    expect((await openWebSocket(`${moved.url}/ws/?a=b`)).socket.readyState).toBe(WebSocket.OPEN);
  });

  it('are asked for by allowRequest', async () => {
    const { url } = await serve({
      wires: [stomp()],
      allowRequest: (request, callback) => callback('no', request.url === '/stomp?let=me'),
    });
    await expect(openWebSocket(`${url}/stomp`)).rejects.toThrow('403');
    expect((await openWebSocket(`${url}/stomp?let=me`)).socket.readyState).toBe(WebSocket.OPEN);
  });

  it('are refused beyond the number that may wait for allowRequest', async () => {
    const answers: (() => void)[] = [];
    const { url } = await serve({
      wires: [stomp()],
      handshakesMax: 1,
      allowRequest: (_request, callback) => void answers.push(() => callback(null, true)),
    });
    const waiting = openWebSocket(`${url}/stomp`);
    await expect.poll(() => answers.length).toBe(1);
    await expect(openWebSocket(`${url}/stomp`)).rejects.toThrow('503');
    answers[0]?.();
    expect((await waiting).socket.readyState).toBe(WebSocket.OPEN);
    expect(answers).toHaveLength(1);
  });

  it('have a path that explains itself to a browser', async () => {
    const { url } = await serve({ wires: [stomp()] });
    const response = await fetch(`${url.replace('ws', 'http')}/stomp`);
    expect([response.status, await response.text()]).toEqual([426, expect.stringContaining('v12.stomp')]);
    const { upgrade, connection } = Object.fromEntries(response.headers);
    expect([upgrade, connection]).toEqual(['websocket', 'Upgrade, close']);
  });

  it('have a path that explains itself over HTTP/2 too, which lacks upgrades', async () => {
    const http = createSecureServer({ ...certificate, allowHTTP1: true }, (_request, response) => response.end('app'));
    const io = new Server(http as never, { wires: [stomp()] });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const client = connectHttp2(`https://127.0.0.1:${(http.address() as AddressInfo).port}`, {
      rejectUnauthorized: false,
    });
    cleanups.push(() => io.close());
    cleanups.push(() => client.destroy());
    const stream = client.request({ ':path': '/stomp' });
    const status = new Promise((resolve) => stream.on('response', (headers) => resolve(headers[':status'])));
    let text = '';
    for await (const chunk of stream) text += chunk;
    expect([await status, text]).toEqual([400, expect.stringContaining('v12.stomp')]);
  });
});
