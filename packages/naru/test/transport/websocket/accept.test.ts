import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { Duplex } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { FakeClock } from '../../../../testing/src/entry/index.js';
import { acceptUpgrade, encodeHeaders, refuseUpgrade, sha1Base64 } from '../../../src/transport/websocket/accept.js';
import type { WebSocketHandler } from '../../../src/transport/websocket/connection.js';
import { webSocketSettings } from '../../../src/transport/websocket/settings.js';

const echo: WebSocketHandler = {
  onText: (connection, text) => connection.sendText(text),
  onBinary: (connection, data) => connection.sendBinary(data),
  onWritable() {},
  onClose() {},
};

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function listen(options?: Parameters<typeof acceptUpgrade>[5]): Promise<number> {
  const settings = webSocketSettings();
  const http = createServer();
  http.on('upgrade', (request, socket, head) => acceptUpgrade(request, socket, head, settings, echo, options));
  server = http;
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return (http.address() as AddressInfo).port;
}

function answerTo(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    let answer = '';
    socket.setEncoding('latin1');
    socket.on('data', (text) => {
      answer += text;
      if (answer.startsWith('HTTP/1.1 101') && answer.includes('\r\n\r\n')) socket.end();
    });
    socket.on('end', () => resolve(answer));
    socket.on('error', reject);
  });
}

const LINES = [
  'GET /chat HTTP/1.1',
  'Host: localhost',
  'Upgrade: websocket',
  'Connection: keep-alive, Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
];

function requestOf(change: (lines: string[]) => string[]): string {
  return `${change([...LINES]).join('\r\n')}\r\n\r\n`;
}

const without = (name: string) => (lines: string[]) => lines.filter((line) => !line.startsWith(name));
const withLine = (name: string, line: string) => (lines: string[]) => [...without(name)(lines), line];

describe('acceptUpgrade', () => {
  it('answers the key of RFC 6455, section 1.3, as the RFC does', async () => {
    const answer = await answerTo(
      await listen(),
      requestOf((lines) => lines),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/);
    expect(answer).toContain('Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n');
  });

  it('agrees on the first subprotocol of the client that the server speaks', async () => {
    const port = await listen({ protocols: ['chat', 'superchat'] });
    const answer = await answerTo(port, requestOf(withLine('none', 'Sec-WebSocket-Protocol: other, superchat, chat')));
    expect(answer).toContain('\r\nSec-WebSocket-Protocol: superchat\r\n');
  });

  it('adds the given header fields', async () => {
    const port = await listen({ headers: [['Set-Cookie', 'a=b']] });
    expect(
      await answerTo(
        port,
        requestOf((lines) => lines),
      ),
    ).toContain('\r\nSet-Cookie: a=b\r\n');
  });

  it.each([
    ['no key', 400, without('Sec-WebSocket-Key')],
    ['a key of 15 bytes', 400, withLine('Sec-WebSocket-Key', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAA')],
    ['a wrong version', 426, withLine('Sec-WebSocket-Version', 'Sec-WebSocket-Version: 8')],
    ['no version', 426, without('Sec-WebSocket-Version')],
    ['another upgrade', 426, withLine('Upgrade', 'Upgrade: h2c')],
    ['another method', 405, (lines: string[]) => ['POST /chat HTTP/1.1', ...lines.slice(1)]],
    ['HTTP/1.0', 400, (lines: string[]) => ['GET /chat HTTP/1.0', ...lines.slice(1)]],
    ['a malformed subprotocol', 400, withLine('none', 'Sec-WebSocket-Protocol: a,,b')],
  ])('refuses a request with %s with %i', async (_what, status, change) => {
    const answer = await answerTo(await listen(), requestOf(change));
    expect(answer.startsWith(`HTTP/1.1 ${status} `)).toBe(true);
    expect(answer).toContain('\r\nConnection: close\r\n');
    if (answer.includes('Version')) expect(answer).toContain('\r\nSec-WebSocket-Version: 13\r\n');
  });

  it('serves a ws client: text, binary, ping and close', async () => {
    const client = new WebSocket(`ws://127.0.0.1:${await listen()}`);
    const seen: unknown[] = [];
    const done = new Promise<[number, string]>((resolve, reject) => {
      client.on('error', reject);
      client.on('open', () => {
        client.send('héllo');
        client.send(Buffer.from([1, 2, 3]));
        client.ping('are you there');
      });
      client.on('message', (data, isBinary) => seen.push(isBinary ? [...(data as Buffer)] : String(data)));
      client.on('pong', (data) => {
        seen.push(`pong ${data}`);
        client.close(4000, 'bye');
      });
      client.on('close', (code, reason) => resolve([code, String(reason)]));
    });
    expect(await done).toEqual([4000, '']);
    expect(seen).toEqual(['héllo', [1, 2, 3], 'pong are you there']);
  });
});

describe('sha1Base64', () => {
  it('hashes as in RFC 3174', () => expect(sha1Base64('abc')).toBe('qZk+NkcGgWq6PiVxeFDCbJzQ2J0='));
});

describe('encodeHeaders', () => {
  it('refuses a value that would start a new line', () => {
    expect(() => encodeHeaders([['X', 'a\r\nY: b']])).toThrow('header "X"');
  });
});

describe('refuseUpgrade', () => {
  it.each([
    [503, [], '1'],
    [503, [['Retry-After', '7'] as const], '7'],
    [400, [], undefined],
  ])('with %i and %j tells the client to come back after %s seconds', (status, headers, seconds) => {
    let said = '';
    const write = (chunk: Buffer, _encoding: string, done: () => void) => {
      said += chunk;
      done();
    };
    refuseUpgrade(new Duplex({ read() {}, write }), status, 'full', headers, new FakeClock());
    expect(said.match(/^Retry-After: (\d+)\r$/gm)?.map((line) => line.slice(13, -1))).toEqual(
      seconds === undefined ? undefined : [seconds],
    );
  });

  it('cuts a connection whose peer stays for five seconds', async () => {
    const clock = new FakeClock();
    const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
    refuseUpgrade(socket, 503, 'full', [], clock);
    await clock.advance(4_999);
    expect(socket.destroyed).toBe(false);
    await clock.advance(1);
    expect(socket.destroyed).toBe(true);
    expect(clock.timerCount).toBe(0);
  });
});
