import { connect as connectTo } from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  nextSocket,
  openRaw,
  openStage,
  openStream,
  openTexts,
  post,
} from '../../../../../test/kit/clients/plain-events.js';

const UPGRADE = 'Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';
const KEY = 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';

describe('the endpoint of plain events', () => {
  it("exists only with its option, beside the server's other answers", async () => {
    const off = await openStage({ events: false });
    expect((await fetch(`${off.url}/events/a`)).status).toBe(404);
    const { url } = await openStage({ events: { path: '/live' } });
    for (const path of ['/events/a', '/lively', '/']) expect((await fetch(`${url}${path}`)).status).toBe(404);
    expect((await fetch(`${url}/socket.io/?EIO=4&transport=polling`)).status).toBe(200);
    for (const path of ['/live', '/live/', '/live?room=a', '/live/a']) {
      expect((await openStream(`${url}${path}`)).response.status).toBe(200);
    }
  });

  it('answers OPTIONS and HEAD', async () => {
    const { io, url } = await openStage();
    const put = await fetch(`${url}/events/a`, { method: 'PUT' });
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST, OPTIONS']);
    const options = await fetch(`${url}/events/a`, { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, POST, OPTIONS']);
    const head = await fetch(`${url}/events/a`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    expect(io.engine.clientsCount).toBe(0);
  });

  it('refuses invalid requests', async () => {
    const { url } = await openStage({ events: { roomsPerRequestMax: 2 } });
    const codeOf = async (path: string, headers: Record<string, string> = {}): Promise<[number, string]> => {
      const response = await fetch(`${url}${path}`, { headers });
      return [response.status, ((await response.json()) as { error: { code: string } }).error.code];
    };
    expect(await codeOf('/events/%zz')).toEqual([400, 'BAD_ADDRESS']);
    expect(await codeOf('/events/a,b,c')).toEqual([400, 'TOO_MANY']);
    expect(await codeOf('/events/a?auth=5')).toEqual([400, 'EVENTS_BAD_REQUEST']);
    expect(await codeOf('/events/a', { accept: 'text/html' })).toEqual([406, 'NOT_ACCEPTABLE']);
    expect(await codeOf(`/events/${'x'.repeat(300)}`)).toEqual([400, 'BAD_ROOM']);
    await expect(openTexts(`${url}/events/%zz`)).rejects.toThrow(/^400/);
  });

  it('refuses an upgrade to anything but a WebSocket', async () => {
    const { port } = await openStage();
    const noKey = await openRaw(port, `GET /events/a HTTP/1.1\r\n${UPGRADE}\r\n`);
    expect(await noKey.until('\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    const old = await openRaw(port, `GET /events/a HTTP/1.1\r\n${UPGRADE.replace('13', '8')}${KEY}\r\n`);
    expect(await old.until('\r\n\r\n')).toMatch(/^HTTP\/1\.1 426 /);
  });

  it('asks "allowRequest", as the engine does', async () => {
    const { url } = await openStage({
      allowRequest: (request, callback) => callback('not you', request.headers['x-secret'] === '1'),
    });
    const headers = { 'x-secret': '1' };
    const { response, events, text } = await openStream(`${url}/events/a`);
    await events.ended();
    expect([response.status, JSON.parse(text())]).toEqual([403, { error: { code: 'REFUSED', message: 'not you' } }]);
    expect((await openStream(`${url}/events/a`, headers)).response.status).toBe(200);
    expect((await post(`${url}/events/a`, '1')).status).toBe(403);
    expect((await post(`${url}/events/a`, '1', headers)).status).toBe(202);
    await expect(openTexts(`${url}/events/a`)).rejects.toThrow(/^403 .*not you/);
    await openTexts(`${url}/events/a`, { headers });
  });

  it('opens no session for a client that has left while a function of cors decides', async () => {
    let decide: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      const origin = (_origin: unknown, answer: (error: null, isAllowed: boolean) => void): void => {
        decide = () => answer(null, true);
        resolve();
      };
      void openStage({ cors: { origin } }).then(async ({ io, http, port }) => {
        opened = { io, http };
        const raw = connectTo(port, '127.0.0.1');
        raw.write('GET /events/a HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n');
        client = raw;
      });
    });
    let opened: Pick<Awaited<ReturnType<typeof openStage>>, 'io' | 'http'> | undefined;
    let client: ReturnType<typeof connectTo> | undefined;
    await asked;
    client?.destroy();
    const count = (): Promise<number> =>
      new Promise((resolve) => opened?.http.getConnections((_error, open) => resolve(open)));
    await expect.poll(count).toBe(0);
    decide();
    expect(opened?.io.engine.clientsCount).toBe(0);
  });

  it('lets "handshakesMax" requests wait for "allowRequest", and refuses further ones', async () => {
    const answers: (() => void)[] = [];
    const { url } = await openStage({
      handshakesMax: 3,
      allowRequest: (_request, callback) => void answers.push(() => callback(null, true)),
    });
    const waiting = [
      openStream(`${url}/events/a`),
      post(`${url}/events/a`, '1'),
      openTexts(`${url}/events/a`),
    ] as const;
    await expect.poll(() => answers.length).toBe(3);
    const stream = await openStream(`${url}/events/a`);
    await stream.events.ended();
    const full = { error: { code: 'FULL', message: expect.any(String) } };
    expect([stream.response.status, JSON.parse(stream.text())]).toEqual([503, full]);
    expect(await post(`${url}/events/a`, '1')).toEqual({ status: 503, body: full });
    expect((await fetch(`${url}/events/a`, { method: 'HEAD' })).status).toBe(503);
    await expect(openTexts(`${url}/events/a`)).rejects.toThrow(/^503/);
    expect(answers).toHaveLength(3);
    for (const answer of answers.splice(0)) answer();
    const [opened, posted] = await Promise.all(waiting);
    expect([opened.response.status, posted.status]).toEqual([200, 202]);
    const next = post(`${url}/events/a`, '1');
    await expect.poll(() => answers.length).toBe(1);
    answers[0]?.();
    expect((await next).status).toBe(202);
  });

  it('gives up in time on an "allowRequest" that never answers', async () => {
    const { url } = await openStage({ allowRequest: () => undefined, handshakeTimeout: 50 });
    const { response } = await openStream(`${url}/events/a`);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '3']);
    const source = await openStream(`${url}/events/a`, { accept: 'text/event-stream' });
    await source.events.ended();
    expect([source.response.status, source.text()]).toEqual([200, 'retry: 3000\n\n']);
    expect((await post(`${url}/events/a`, '1')).status).toBe(503);
    await expect(openTexts(`${url}/events/a`)).rejects.toThrow(/^503/);
  });

  it('does not touch an upgrade while the application decides', async () => {
    const { io, url } = await openStage({ destroyUpgradeTimeout: 20 });
    io.use((_socket, next) => {
      setTimeout(next, 100);
    });
    await openTexts(`${url}/events/a`);
  });

  it('admits nobody when it is closed, and answers waiting clients', async () => {
    const { io, url } = await openStage({ allowRequest: () => undefined });
    const waiting = openStream(`${url}/events/a`);
    const source = openStream(`${url}/events/a`, { accept: 'text/event-stream' });
    const texts = openTexts(`${url}/events/a`);
    texts.catch(() => undefined);
    // Newer versions of Node close a connection that has sent nothing at all.
    const held = await openRaw(Number(new URL(url).port), 'GET /events/a HTTP/1.1\r\nHost: a\r\n');
    await new Promise((resolve) => setTimeout(resolve, 50));
    const closed = io.close();
    expect((await waiting).response.status).toBe(503);
    const { response, text, events } = await source;
    await events.ended();
    expect([response.status, text()]).toEqual([200, 'retry: 3000\n\n']);
    await expect(texts).rejects.toThrow(/^503/);
    held.socket.write('Connection: close\r\n\r\n');
    expect(await held.until('\r\n\r\n')).toMatch(/^HTTP\/1\.1 503 /);
    await closed;
  });

  it('puts streams and WebSockets into one room', async () => {
    const { io, url } = await openStage();
    const entered = nextSocket(io);
    const stream = await openStream(`${url}/events/a`);
    await entered;
    const page = await openTexts(`${url}/events/a`);
    page.say({ event: 'say', args: ['from a page'], room: 'a' });
    await post(`${url}/events/a`, '{"event":"say","args":["from curl"]}');
    expect(await page.inbox.until(2)).toMatchObject([{ args: ['from a page'] }, { args: ['from curl'] }]);
    expect((await stream.events.until(2)).map(({ data }) => data)).toEqual(['["from a page"]', '["from curl"]']);
  });
});
