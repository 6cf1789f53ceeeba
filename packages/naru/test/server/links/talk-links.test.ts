import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeClock } from '../../../../testing/src/fake-clock.js';
import type { Bytes } from '../../../src/base/bytes.js';
import { waitsOf } from '../../../src/base/deadlines.js';
import type { RequestTarget } from '../../../src/server/engine/attach.js';
import { LinkServer } from '../../../src/server/links/link-server.js';
import { type TalkBounds, TalkLinks } from '../../../src/server/links/talk-links.js';

const NODE = 'abcdefgh';

interface Parts extends Partial<TalkBounds> {
  readonly onRequest?: RequestTarget['handleRequest'];
  /** Changes what the other node gets, or returns `undefined` for a node that does not answer. */
  readonly carry?: (request: Bytes) => Bytes | undefined;
}

/** Two nodes: all that comes in at `url` is passed on to the other one. */
async function openPair({ onRequest, carry = (request) => request, ...bounds }: Parts = {}) {
  const clock = new FakeClock();
  const owner = new LinkServer(undefined, () => ({
    handleRequest: onRequest ?? ((_request, response) => response.end('answered')),
    handleUpgrade: (_request, socket) => socket.end(),
  }));
  const asked: string[] = [];
  const dropped: number[] = [];
  const talk = {
    knows: () => true,
    askRequest: (node: string, id: number, bytes: Bytes, timeoutMs: number) => {
      asked.push(`${node} ${id} ${timeoutMs}`);
      const request = carry(bytes);
      return new Promise<Bytes | undefined>((resolve) => {
        if (request) owner.answer(String(id), request, resolve);
        else resolve(undefined);
      });
    },
    dropRequest: (_node: string, id: number) => {
      dropped.push(id);
      owner.drop(String(id));
    },
  };
  const bodies = { bodyBytesMax: 1_000, bodyDeadlines: waitsOf(clock, 30_000) };
  const links = new TalkLinks(talk, clock, () => bodies, { answerMsMax: 45_000, ...bounds });
  const refused: string[] = [];
  const http = createServer((request, response) => {
    links.passRequest(NODE, request, response, () => {
      refused.push(String(request.url));
      response.writeHead(400).end('refused');
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  onTestFinished(() => {
    owner.close();
    http.close();
    http.closeAllConnections();
  });
  return { clock, owner, asked, dropped, refused, port, url: `http://127.0.0.1:${port}` };
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

async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

describe('a request by talk', () => {
  it('has its method, target, headers, body and client at the other node, and its answer here', async () => {
    const { url, asked } = await openPair({
      onRequest: async (request, response) => {
        const { method, headers, socket } = request;
        const body = await readBody(request);
        response.writeHead(201, ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'X-One', 'one']);
        response.end(JSON.stringify({ method, url: request.url, headers, body, address: socket.remoteAddress }));
      },
    });
    const headers = { 'X-Forwarded-For': '1.2.3.4', 'Naru-Client': '{"address":"6.6.6.6"}', Cookie: 'c=3' };
    const response = await fetch(`${url}/a?b=%20c`, { method: 'POST', body: 'ä'.repeat(100), headers });
    expect([response.status, response.headers.get('X-One')]).toEqual([201, 'one']);
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    const got = (await response.json()) as { headers: Record<string, string> };
    expect(got).toMatchObject({ method: 'POST', url: '/a?b=%20c', body: 'ä'.repeat(100), address: '127.0.0.1' });
    expect(got.headers).toMatchObject({ 'x-forwarded-for': '1.2.3.4', cookie: 'c=3', 'content-length': '200' });
    expect(got.headers['naru-client']).toBeUndefined();
    expect(asked).toEqual([`${NODE} 1 45000`]);
  });

  it('carries a body without a length, and leaves the connection of the client open', async () => {
    const { port } = await openPair({ onRequest: async (request, response) => response.end(await readBody(request)) });
    const chunked = 'POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n';
    const { socket, received } = send(port, chunked);
    await expect.poll(received).toMatch(/\r\n\r\nabc$|\r\nabc\r\n0\r\n\r\n$/);
    expect(received()).not.toMatch(/Connection: close/i);
    socket.write('POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nxyz');
    await expect.poll(received).toMatch(/xyz/);
  });

  it('waits for an answer that comes later, and ends at the other node when the client goes', async () => {
    const waiting: ServerResponse[] = [];
    const { url, port, dropped } = await openPair({ onRequest: (_request, response) => waiting.push(response) });
    const first = fetch(`${url}/a`);
    await expect.poll(() => waiting.length).toBe(1);
    waiting[0]?.end('late');
    expect(await (await first).text()).toBe('late');
    const { socket } = send(port, 'GET /b HTTP/1.1\r\nHost: a\r\n\r\n');
    await expect.poll(() => waiting.length).toBe(2);
    const closed = once(waiting[1] as ServerResponse, 'close');
    socket.destroy();
    await closed;
    expect(dropped).toEqual([2]);
  });

  it('is refused where it came in when the other node has no whole answer', async () => {
    const silent = await openPair({ carry: () => undefined });
    expect(await (await fetch(`${silent.url}/a`)).text()).toBe('refused');
    const broken = await openPair({
      onRequest: (_request, response) => {
        response.write('half');
        response.destroy();
      },
    });
    const { url, refused } = broken;
    expect(await (await fetch(`${url}/b`, { method: 'POST', body: 'abc' })).text()).toBe('refused');
    const ended = await openPair({ onRequest: () => ended.owner.close() });
    expect(await (await fetch(`${ended.url}/c`)).text()).toBe('refused');
    expect([silent.refused, refused, ended.refused]).toEqual([['/a'], ['/b'], ['/c']]);
  });

  it('is refused when the bytes on the way cannot be read as a request', async () => {
    const { url, refused } = await openPair({ carry: () => Buffer.from('GET / HTTP/1.1\r\nno header\r\n\r\n') });
    expect(await (await fetch(`${url}/a`)).text()).toBe('refused');
    expect(refused).toEqual(['/a']);
  });

  it('gets 400 from a node that finds no facts about the client in it', async () => {
    const { url } = await openPair({ carry: () => Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n') });
    expect((await fetch(`${url}/a`)).status).toBe(400);
  });

  it('is refused if it opens an event stream, whose answer would never end', async () => {
    const { url, asked } = await openPair();
    expect(await (await fetch(`${url}/?transport=sse&sid=a`)).text()).toBe('refused');
    expect(asked).toEqual([]);
    expect(await (await fetch(`${url}/?transport=sse&sid=a`, { method: 'POST', body: 'abc' })).text()).toBe('answered');
  });
});

describe('the bounds of requests by talk', () => {
  it('refuse a body that is too large with 413, and one that is too slow with 408', async () => {
    const { clock, port, url, asked, refused } = await openPair();
    const exact = await fetch(`${url}/a`, { method: 'POST', body: 'a'.repeat(1_000) });
    const large = await fetch(`${url}/b`, { method: 'POST', body: 'a'.repeat(1_001) });
    expect([exact.status, large.status, await large.text()]).toEqual([200, 413, 'payload of more than 1000 bytes']);
    const { received } = send(port, 'POST /c HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc');
    await expect.poll(() => clock.timerCount).toBe(1);
    await clock.advance(30_000);
    await expect.poll(received).toMatch(/^HTTP\/1\.1 408 /);
    expect([asked.length, refused]).toEqual([1, []]);
  });

  it('refuse more requests than they allow with 503, until an answer has come', async () => {
    const waiting: ServerResponse[] = [];
    const { url } = await openPair({ countMax: 1, onRequest: (_request, response) => waiting.push(response) });
    const first = fetch(`${url}/a`);
    await expect.poll(() => waiting.length).toBe(1);
    const second = await fetch(`${url}/b`);
    expect([second.status, await second.json()]).toEqual([503, { code: 6, message: 'Too many sessions' }]);
    waiting[0]?.end('ok');
    expect(await (await first).text()).toBe('ok');
    const third = fetch(`${url}/c`);
    await expect.poll(() => waiting.length).toBe(2);
    waiting[1]?.end('ok');
    expect((await third).status).toBe(200);
  });

  it('refuse bodies with 503 that are too large together, until one has been answered', async () => {
    const waiting: ServerResponse[] = [];
    const { url } = await openPair({ bytesMax: 1_200, onRequest: (_request, response) => waiting.push(response) });
    const post = (): Promise<Response> => fetch(`${url}/a`, { method: 'POST', body: 'a'.repeat(700) });
    const first = post();
    await expect.poll(() => waiting.length).toBe(1);
    expect((await post()).status).toBe(503);
    waiting[0]?.end('ok');
    expect((await first).status).toBe(200);
    const third = post();
    await expect.poll(() => waiting.length).toBe(2);
    waiting[1]?.end('ok');
    expect((await third).status).toBe(200);
  });
});

it('refuses a body with one answer that breaks its own bound and that of all bodies in one piece', async () => {
  const { port, url } = await openPair({ bytesMax: 1_200 });
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  const chunk = `2bc\r\n${'a'.repeat(700)}\r\n`;
  socket.write(`POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}${chunk}`);
  await expect.poll(() => text).toMatch(/^HTTP\/1.1 503 /);
  expect(text.match(/HTTP\/1.1/g)).toHaveLength(1);
  await expect.poll(async () => (await fetch(`${url}/a`, { method: 'POST', body: 'a' })).status).toBe(200);
});

describe('a node without an address', () => {
  function open(knows: () => boolean | Promise<boolean>) {
    const clock = new FakeClock();
    let asked = 0;
    const talk = {
      knows: () => {
        asked += 1;
        return knows();
      },
      askRequest: async () => undefined,
      dropRequest: () => undefined,
    };
    const bodies = { bodyBytesMax: 1_000, bodyDeadlines: waitsOf(clock, 30_000) };
    const links = new TalkLinks(talk, clock, () => bodies, { answerMsMax: 45_000 });
    return { clock, links, asked: () => asked };
  }

  it('can be asked as soon as it is known, if it has started a moment ago', async () => {
    let isKnown = false;
    const { clock, links } = open(() => isKnown);
    const can = links.canAsk(NODE, clock.now() - 1_000);
    await clock.advance(1_000);
    isKnown = true;
    await clock.advance(100);
    expect(await can).toBe(true);
  });

  it('is waited for three seconds at most, whatever its clock says', async () => {
    for (const startedAt of [0, 9_000]) {
      const { clock, links, asked } = open(async () => false);
      const can = links.canAsk(NODE, clock.now() + startedAt);
      await clock.advance(3_000);
      expect([await can, asked()]).toEqual([false, 30]);
    }
  });

  it('is not waited for if it has started long ago, or the table does not list it', async () => {
    const { clock, links, asked } = open(() => false);
    expect(await links.canAsk(NODE, clock.now() - 10_001)).toBe(false);
    expect(await links.canAsk(NODE)).toBe(false);
    expect(asked()).toBe(2);
  });
});
