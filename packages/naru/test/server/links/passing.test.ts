import { once } from 'node:events';
import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect as connectHttp2, createSecureServer, type IncomingHttpHeaders } from 'node:http2';
import { type AddressInfo, connect, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { certificate } from '../../../../../test/conformance/peers/certificate.js';
import { makeFolder } from '../../../../../test/kit/folders.js';
import { fixedPort } from '../../../../../test/kit/ports.mjs';
import { systemClock } from '../../../src/base/clock.js';
import type { RequestTarget } from '../../../src/server/engine/attach.js';
import { LinkServer, linkPath } from '../../../src/server/links/link-server.js';
import { Passing, type PassingBounds, type Ways } from '../../../src/server/links/passing.js';
import { keyOf } from '../../../src/server/links/pre-shared-key.js';

const NODE = 'abcdefgh';

interface Parts extends PassingBounds {
  readonly onRequest?: RequestTarget['handleRequest'];
  readonly onUpgrade?: RequestTarget['handleUpgrade'];
  /** The node that requests are passed to. */
  readonly to?: string;
}

async function listen(http: HttpServer): Promise<number> {
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return (http.address() as AddressInfo).port;
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

/** Sends bytes, and returns the socket and what has come back. */
function send(port: number, text: string) {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk;
  });
  socket.on('error', () => undefined);
  socket.write(text);
  return { socket, closed: once(socket, 'close'), received: () => received };
}

const upgradeOf = (path: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nNaru-Client: {"address":"6.6.6.6"}\r\n\r\n`;

/** The ends of links between two workers, and between two machines. */
const KINDS = {
  workers: async () => {
    const place = { path: linkPath(makeFolder({}), NODE) };
    return { end: place, place };
  },
  machines: async () => {
    const [address, key] = [{ host: '127.0.0.1', port: await fixedPort() }, keyOf('secret')];
    return { end: { ...address, keys: [key] as const }, place: { ...address, key } };
  },
} as const;

describe.each(['workers', 'machines'] as const)('between %s', (kind) => {
  /** Two nodes: all that comes in at `port` is passed on to the other one. */
  async function openPair({ onRequest, onUpgrade, to = NODE, ...bounds }: Parts) {
    const { end, place } = await KINDS[kind]();
    const owner = new LinkServer(end, () => ({
      handleRequest: onRequest ?? ((_request, response) => response.end('answered')),
      handleUpgrade: onUpgrade ?? ((_request, socket) => socket.end()),
    }));
    await owner.ready;
    const ways: Ways = { find: (node, found) => found(node === NODE ? place : undefined) };
    const passing = new Passing(ways, systemClock, bounds);
    const refused: string[] = [];
    const http = createServer((request, response) => {
      passing.passRequest(to, request, response, () => {
        refused.push(String(request.url));
        response.writeHead(400).end('refused');
      });
    });
    http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      passing.passUpgrade(to, request, socket, head, () => {
        refused.push(String(request.url));
        socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
      });
    });
    const port = await listen(http);
    onTestFinished(() => {
      passing.close();
      owner.close();
      http.close();
      http.closeAllConnections();
    });
    return { port, owner, passing, refused, url: `http://127.0.0.1:${port}` };
  }

  describe('a request that is passed on', () => {
    it('has its method, target, headers, body and client at the other node, and its answer here', async () => {
      const { url } = await openPair({
        onRequest: async (request, response) => {
          const { method, headers, socket } = request;
          const body = await readBody(request);
          response.writeHead(201, ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'X-One', 'one']);
          response.end(JSON.stringify({ method, url: request.url, headers, body, address: socket.remoteAddress }));
        },
      });
      const headers = { 'X-Forwarded-For': '1.2.3.4', 'Naru-Client': '{"address":"6.6.6.6"}', Cookie: 'c=3' };
      const response = await fetch(`${url}/a?b=%20c`, { method: 'POST', body: 'ä'.repeat(50_000), headers });
      expect([response.status, response.headers.get('X-One')]).toEqual([201, 'one']);
      expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
      const got = (await response.json()) as { headers: Record<string, string> };
      expect(got).toMatchObject({ method: 'POST', url: '/a?b=%20c', body: 'ä'.repeat(50_000), address: '127.0.0.1' });
      expect(got.headers).toMatchObject({ 'x-forwarded-for': '1.2.3.4', cookie: 'c=3', 'content-length': '100000' });
      expect(got.headers['naru-client']).toBeUndefined();
    });

    it('may come over HTTP/2', async () => {
      const { passing } = await openPair({
        onRequest: async (request, response) => {
          const { headers, method, socket } = request;
          response.writeHead(200, ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'Connection', 'keep-alive']);
          response.end(`${method} ${headers.host} ${(socket as TLSSocket).encrypted} ${await readBody(request)}`);
        },
      });
      const server = createSecureServer(certificate, (request, response) => {
        const pair = [request, response] as object as [IncomingMessage, ServerResponse];
        passing.passRequest(NODE, ...pair, () => response.writeHead(400).end());
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const client = connectHttp2(`https://127.0.0.1:${(server.address() as AddressInfo).port}`, {
        ca: certificate.cert,
      });
      onTestFinished(() => {
        client.destroy();
        server.close();
      });
      const stream = client.request({ ':method': 'POST', ':path': '/a', ':authority': 'example.org' });
      stream.end('body');
      const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders];
      let text = '';
      for await (const chunk of stream) text += chunk;
      expect([headers[':status'], headers['set-cookie']]).toEqual([200, ['a=1', 'b=2']]);
      expect(text).toBe('POST example.org true body');
    });

    it('carries a body without a length, and one that comes slowly', async () => {
      const { port, url } = await openPair({
        onRequest: async (request, response) => response.end(await readBody(request)),
      });
      const body = new ReadableStream({
        start: (controller) => {
          controller.enqueue(new TextEncoder().encode('a'));
          controller.enqueue(new TextEncoder().encode('bc'));
          controller.close();
        },
      });
      const init = { method: 'POST', body, duplex: 'half' } as RequestInit;
      expect(await (await fetch(`${url}/a`, init)).text()).toBe('abc');
      const { socket, received } = send(port, 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n');
      for (const character of 'xyz') {
        socket.write(character);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await expect.poll(received).toMatch(/\r\n\r\nxyz$/);
    });

    it('cannot smuggle another request in the body of a method that has none', async () => {
      const seen: string[] = [];
      const { port, url } = await openPair({
        onRequest: (request, response) => {
          seen.push(`${request.method} ${request.url} ${request.headers['content-length']}`);
          response.end('ok');
        },
      });
      const hidden = 'GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n';
      for (const framing of [`Content-Length: ${hidden.length}`, 'Transfer-Encoding: chunked']) {
        const body = framing.startsWith('C') ? hidden : `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`;
        const { received } = send(port, `GET /a HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n${body}`);
        await expect.poll(received).toMatch(/200 OK/);
        await (await fetch(`${url}/b`)).text();
      }
      expect(seen).toEqual(['GET /a undefined', 'GET /b undefined', 'GET /a undefined', 'GET /b undefined']);
    });

    it('is refused where it came in when the node does not exist, or is gone', async () => {
      const none = await openPair({ to: 'nobodyis' });
      expect(await (await fetch(`${none.url}/a`, { method: 'POST', body: 'abc' })).text()).toBe('refused');
      const { url, owner, refused } = await openPair({ onRequest: () => owner.close() });
      expect(await (await fetch(`${url}/b`)).text()).toBe('refused');
      expect(await (await fetch(`${url}/c`)).text()).toBe('refused');
      expect([none.refused, refused]).toEqual([['/a'], ['/b', '/c']]);
    });

    it('breaks off when the other node ends in the middle of its answer', async () => {
      let answering: ServerResponse | undefined;
      const { url, refused } = await openPair({
        onRequest: (_request, response) => {
          answering = response;
          response.write('half');
        },
      });
      const response = await fetch(`${url}/a`);
      answering?.destroy();
      await expect(response.text()).rejects.toThrow();
      expect(refused).toEqual([]);
    });

    it('ends at the other node when the client goes', async () => {
      let closed: Promise<unknown> | undefined;
      const { port } = await openPair({
        onRequest: (_request, response) => {
          closed = once(response, 'close');
        },
      });
      const { socket } = send(port, 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n');
      await expect.poll(() => closed !== undefined).toBe(true);
      socket.destroy();
      await closed;
    });

    it('closes the connection of the client when the other node would', async () => {
      const { port } = await openPair({
        onRequest: (_request, response) => response.writeHead(413, { Connection: 'close' }).end('too big'),
      });
      const { closed, received } = send(port, 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc');
      await closed;
      expect(received()).toMatch(/^HTTP\/1\.1 413 [\s\S]*\r\nConnection: close\r\n[\s\S]*too big/);
    });

    it('shares links with earlier ones, and waits for none of those that are open', async () => {
      const links = new Set<Socket>();
      let waiting: ServerResponse[] = [];
      const { url } = await openPair({
        onRequest: (request, response) => {
          links.add(request.socket);
          if (request.method === 'POST') response.end('ok');
          else waiting.push(response);
        },
      });
      for (let round = 0; round < 3; round += 1) {
        const polls = Array.from({ length: 5 }, async () => (await fetch(`${url}/a`)).text());
        await expect.poll(() => waiting.length).toBe(5);
        expect(await (await fetch(`${url}/a`, { method: 'POST' })).text()).toBe('ok');
        for (const response of waiting) response.end('late');
        waiting = [];
        await Promise.all(polls);
      }
      expect(links.size).toBe(6);
    });

    it('leaves its link open, which closes after a minute without another request', async () => {
      const { setTimeout } = Socket.prototype;
      const shortened = vi.spyOn(Socket.prototype, 'setTimeout');
      shortened.mockImplementation(function (this: Socket, ms, onTimeout) {
        return setTimeout.call(this, ms === 60_000 ? 200 : ms, onTimeout);
      });
      onTestFinished(() => shortened.mockRestore());
      const links = new Set<Socket>();
      const { url } = await openPair({
        onRequest: (request, response) => {
          links.add(request.socket);
          response.end('ok');
        },
      });
      for (let round = 0; round < 2; round += 1) await (await fetch(`${url}/a`)).text();
      const open = (): readonly boolean[] => [...links].map(({ destroyed }) => !destroyed);
      expect(open()).toEqual([true]);
      await expect.poll(open).toEqual([false]);
    });

    it('is refused where it came in when the other node gives no sign for too long', async () => {
      const { url, refused } = await openPair({ answerMsMax: 20, onRequest: () => undefined });
      expect(await (await fetch(`${url}/a`)).text()).toBe('refused');
      expect(refused).toEqual(['/a']);
    });

    it('ends the link with its answer once the other node takes no more', async () => {
      const { url, owner } = await openPair({
        onRequest: (_request, response) => {
          owner.stopListening();
          response.end('last');
        },
      });
      expect(await (await fetch(`${url}/a`)).text()).toBe('last');
      expect(await (await fetch(`${url}/b`)).text()).toBe('refused');
    });

    it('takes an idle link once more while the other node takes no new ones', async () => {
      const { url, owner } = await openPair({ onRequest: (_request, response) => response.end('answered') });
      const ask = async (): Promise<string> => await (await fetch(`${url}/a`)).text();
      const answer = await ask();
      // The link is back in the pool.
      await new Promise((resolve) => setTimeout(resolve, 50));
      owner.stopListening();
      expect([await ask(), await ask()]).toEqual([answer, 'refused']);
    });

    it('gets 503 when too many are under way', async () => {
      const waiting: ServerResponse[] = [];
      const { url } = await openPair({ countMax: 1, onRequest: (_request, response) => waiting.push(response) });
      const first = fetch(`${url}/a`);
      await expect.poll(() => waiting.length).toBe(1);
      const second = await fetch(`${url}/a`);
      expect([second.status, await second.json()]).toEqual([503, { code: 6, message: 'Too many sessions' }]);
      waiting[0]?.end('ok');
      expect(await (await first).text()).toBe('ok');
      const third = fetch(`${url}/a`);
      await expect.poll(() => waiting.length).toBe(2);
      waiting[1]?.end('ok');
      expect((await third).status).toBe(200);
    });
  });

  describe('an upgrade that is passed on', () => {
    it('becomes a pipe in both directions, until either side ends', async () => {
      const { port } = await openPair({
        onUpgrade: (request, socket, head) => {
          const { remoteAddress } = request.socket;
          socket.write(`HTTP/1.1 101 Switching Protocols\r\n\r\n${request.url} ${remoteAddress} ${head}`);
          socket.on('data', (chunk) => (String(chunk) === 'end' ? socket.end('bye') : socket.write(`<${chunk}>`)));
        },
      });
      const { socket, closed, received } = send(port, `${upgradeOf('/up')}first`);
      await expect.poll(received).toMatch(/\/up 127\.0\.0\.1 first$/);
      socket.write('second');
      await expect.poll(received).toMatch(/<second>$/);
      socket.write('end');
      await closed;
      expect(received()).toMatch(/<second>bye$/);
    });

    it('has the version of HTTP that its client speaks, because an engine refuses it below 1.1', async () => {
      const versions: string[] = [];
      const onUpgrade = ({ httpVersion }: IncomingMessage, socket: Duplex) => {
        versions.push(httpVersion);
        socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
      };
      const { port } = await openPair({ onUpgrade });
      await send(port, upgradeOf('/up')).closed;
      await send(port, upgradeOf('/up').replace('HTTP/1.1', 'HTTP/1.0')).closed;
      expect(versions).toEqual(['1.1', '1.0']);
    });

    it('ends at the other node when the client goes', async () => {
      let closed: Promise<unknown> | undefined;
      const { port } = await openPair({
        onUpgrade: (_request, socket) => {
          socket.resume();
          closed = once(socket, 'end');
        },
      });
      const { socket } = send(port, upgradeOf('/up'));
      await expect.poll(() => closed !== undefined).toBe(true);
      socket.resetAndDestroy();
      await closed;
    });

    it('is refused where it came in when the node does not exist, or ends without an answer', async () => {
      const none = await openPair({ to: 'nobodyis' });
      const first = send(none.port, upgradeOf('/one'));
      await first.closed;
      const { port, refused } = await openPair({ onUpgrade: (_request, socket) => socket.destroy() });
      const second = send(port, upgradeOf('/two'));
      await second.closed;
      expect([first.received(), second.received()]).toEqual(Array(2).fill('HTTP/1.1 400 Bad Request\r\n\r\n'));
      expect([none.refused, refused]).toEqual([['/one'], ['/two']]);
    });

    it('is refused when too many are under way', async () => {
      let count = 0;
      const { port } = await openPair({ countMax: 1, onUpgrade: () => (count += 1) });
      send(port, upgradeOf('/up'));
      await expect.poll(() => count).toBe(1);
      const second = send(port, upgradeOf('/up'));
      await second.closed;
      expect(second.received()).toMatch(/^HTTP\/1\.1 503 /);
    });
  });
});
