import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { deferred } from '../../../../../test/kit/clients/raw-peer.js';
import { UnavailableError } from '../../../src/base/errors.js';
import { acceptOf } from '../../../src/protocol/websocket/handshake.js';
import { sha1Base64 } from '../../../src/transport/websocket/accept.js';
import type { WebSocketConnection, WebSocketHandler } from '../../../src/transport/websocket/connection.js';
import { dialWebSocket, UpgradeRefusedError } from '../../../src/transport/websocket/dial.js';
import { webSocketSettings } from '../../../src/transport/websocket/settings.js';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

const quiet: WebSocketHandler = { onText() {}, onBinary() {}, onWritable() {}, onClose() {} };
const settings = webSocketSettings();

async function listening(server: Server | TcpServer, path?: string): Promise<number> {
  await new Promise<void>((resolve) =>
    path === undefined ? server.listen(0, '127.0.0.1', resolve) : server.listen(path, resolve),
  );
  cleanups.push(() => {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
  });
  return path === undefined ? (server.address() as AddressInfo).port : 0;
}

/** Starts an echo server of ws, and records its requests. */
async function wsServer(options: object = {}, path?: string): Promise<{ port: number; requests: IncomingMessage[] }> {
  const server = createServer();
  const wss = new WebSocketServer({ server, ...options });
  const requests: IncomingMessage[] = [];
  wss.on('connection', (socket, request) => {
    requests.push(request);
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    socket.send('welcome');
  });
  return { port: await listening(server, path), requests };
}

let made: { key: Buffer; cert: Buffer } | undefined;

/** Makes a certificate for localhost with openssl, if installed. */
function certificate(): { key: Buffer; cert: Buffer } | undefined {
  if (made !== undefined) return made;
  const folder = mkdtempSync(join(tmpdir(), 'naru-'));
  const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=localhost'];
  const args = ['req', '-x509', ...kind, '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert];
  if (spawnSync('openssl', args).status === 0) made = { key: readFileSync(key), cert: readFileSync(cert) };
  rmSync(folder, { recursive: true });
  return made;
}

/** Starts a server that answers every request with these bytes. */
async function answering(answer: (head: string) => string): Promise<number> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (data) => socket.end(answer(data.toString('latin1'))));
  });
  return listening(server);
}

describe('dialWebSocket', () => {
  it.each([
    ['without compression', settings],
    ['with compression', webSocketSettings({ perMessageDeflate: { threshold: 0 } })],
    [
      'with small windows and no takeover',
      webSocketSettings({
        perMessageDeflate: {
          threshold: 0,
          serverNoContextTakeover: true,
          clientNoContextTakeover: true,
          serverMaxWindowBits: 9,
          clientMaxWindowBits: 9,
        },
      }),
    ],
  ])('talks to a ws server %s', async (_what, own) => {
    const { port } = await wsServer({ perMessageDeflate: { threshold: 0 } });
    const seen: string[] = [];
    const done = deferred<void>();
    const closed = deferred<number>();
    const connection = await dialWebSocket(`ws://127.0.0.1:${port}/a?b=c`, {}, own, {
      ...quiet,
      onText(_, text) {
        seen.push(text.slice(0, 8));
        if (seen.length === 5) done.resolve();
      },
      onBinary: (_, data) => void seen.push(data.toString('hex').slice(0, 8)),
      onClose: (_, code) => closed.resolve(code),
    });
    expect(connection.compresses).toBe(own.deflate !== undefined);
    connection.sendText('héllo');
    connection.sendBinary(Uint8Array.from([1, 2, 3]));
    connection.sendText('');
    connection.sendText('x'.repeat(70_000));
    await done.promise;
    expect(seen).toEqual(['welcome', 'héllo', '010203', '', 'xxxxxxxx']);
    connection.close(3000, 'done');
    expect(await closed.promise).toBe(3000);
  });

  it('calls onOpen before the first message', async () => {
    const { port } = await wsServer();
    const order: string[] = [];
    const first = deferred<void>();
    const handler = {
      ...quiet,
      onText(_: WebSocketConnection, text: string) {
        order.push(text);
        first.resolve();
      },
    };
    const onOpen = (connection: WebSocketConnection, response: IncomingMessage) => {
      order.push(`open ${response.statusCode}`);
      connection.owner = 'me';
    };
    await dialWebSocket(`ws://127.0.0.1:${port}`, { onOpen }, settings, handler);
    await first.promise;
    expect(order).toEqual(['open 101', 'welcome']);
  });

  it('sends headers, credentials and subprotocols', async () => {
    const { port, requests } = await wsServer({ handleProtocols: () => 'b' });
    const options = { headers: { 'X-Test': '1', Upgrade: 'h2c' }, protocols: ['a', 'b'] };
    const connection = await dialWebSocket(`ws://me:p%40ss@127.0.0.1:${port}/`, options, settings, quiet);
    expect(connection.protocol).toBe('b');
    const headers = requests[0]?.headers;
    expect(headers?.['x-test']).toBe('1');
    expect(headers?.authorization).toBe(`Basic ${btoa('me:p@ss')}`);
    expect(headers?.['sec-websocket-protocol']).toBe('a, b');
  });

  it('reaches a server on a Unix socket, and through an agent', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'naru-'));
    cleanups.push(() => rmSync(folder, { recursive: true }));
    const { requests } = await wsServer({}, join(folder, 's'));
    await dialWebSocket(`ws+unix:${join(folder, 's')}:/path?q`, {}, settings, quiet);
    expect(requests[0]?.url).toBe('/path?q');
    const { port } = await wsServer();
    const agent = new Agent();
    await dialWebSocket(`http://127.0.0.1:${port}`, { agent }, settings, quiet);
    agent.destroy();
  });

  it.skipIf(certificate() === undefined)('speaks TLS, and trusts only the right server', async () => {
    const server = createSecureServer(certificate() ?? {});
    new WebSocketServer({ server }).on('connection', (socket) => socket.send('secret'));
    const port = await listening(server);
    const text = deferred<string>();
    const handler = { ...quiet, onText: (_: WebSocketConnection, data: string) => text.resolve(data) };
    await dialWebSocket(`wss://localhost:${port}`, { ca: certificate()?.cert }, settings, handler);
    expect(await text.promise).toBe('secret');
    const distrusted = dialWebSocket(`wss://localhost:${port}`, {}, settings, handler);
    await expect(distrusted).rejects.toMatchObject({
      code: 'CONNECT_FAILED',
      cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    });
    await dialWebSocket(`https://localhost:${port}`, { rejectUnauthorized: false }, settings, handler);
  });

  it('rejects with the status when the server does not upgrade', async () => {
    const port = await listening(createServer((_, response) => response.writeHead(401, { 'X-Why': 'no' }).end('body')));
    const error = await dialWebSocket(`ws://127.0.0.1:${port}`, {}, settings, quiet).catch((reason) => reason);
    expect(error).toBeInstanceOf(UpgradeRefusedError);
    expect([error.status, error.headers['x-why'], error.code]).toEqual([401, 'no', 'CONNECT_FAILED']);
  });

  it.each([
    ['a wrong accept', 'Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=', 'Sec-WebSocket-Accept'],
    ['an extension nobody offered', 'Sec-WebSocket-Extensions: permessage-deflate', 'extension that was not offered'],
    ['a subprotocol nobody offered', 'Sec-WebSocket-Protocol: x', 'subprotocol that was not offered'],
  ])('rejects %s', async (_what, line, message) => {
    const port = await answering((head) => {
      const key = /Sec-WebSocket-Key: (\S+)/.exec(head)?.[1] ?? '';
      const accept = line.includes('Accept') ? '' : `Sec-WebSocket-Accept: ${acceptFor(key)}\r\n`;
      return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${accept}${line}\r\n\r\n`;
    });
    await expect(dialWebSocket(`ws://127.0.0.1:${port}`, {}, settings, quiet)).rejects.toThrow(message);
  });

  it('rejects when nobody listens, at the time limit and on abort', async () => {
    const port = await listening(createTcpServer((socket) => socket.resume()));
    const slow = dialWebSocket(`ws://127.0.0.1:${port}`, { timeoutMs: 20 }, settings, quiet);
    await expect(slow).rejects.toMatchObject({ code: 'TIMEOUT' });
    const controller = new AbortController();
    const aborted = dialWebSocket(`ws://127.0.0.1:${port}`, { signal: controller.signal }, settings, quiet);
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(
      dialWebSocket(`ws://127.0.0.1:${port}`, { signal: AbortSignal.abort() }, settings, quiet),
    ).rejects.toMatchObject({ code: 'CLOSED' });
    const closing = createTcpServer();
    const nobody = await listening(closing);
    await new Promise((resolve) => closing.close(resolve));
    const refused = dialWebSocket(`ws://127.0.0.1:${nobody}`, {}, settings, quiet);
    await expect(refused).rejects.toBeInstanceOf(UnavailableError);
  });

  it.each(['nonsense', 'ftp://localhost', 'ws://localhost/#x', 'ws+unix::/x'])('refuses the URL %s', async (url) => {
    await expect(dialWebSocket(url, {}, settings, quiet)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  });
});

function acceptFor(key: string): string {
  return acceptOf(key, sha1Base64);
}
