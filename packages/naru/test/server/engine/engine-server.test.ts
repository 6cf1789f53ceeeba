import { createServer, get, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { catchUncaught } from '../../../../../test/kit/uncaught.js';
import { FakeClock } from '../../../../testing/src/index.js';
import { EngineServer } from '../../../src/server/engine/engine-server.js';
import type { EngineOptions } from '../../../src/server/options/engine-options.js';
import type { Session } from '../../../src/session/session.js';

async function start(options: EngineOptions = {}): Promise<{ engine: EngineServer; port: number; url: string }> {
  const http = createServer();
  const engine = new EngineServer(options);
  engine.attach(http);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    engine.close();
    http.closeAllConnections();
    http.close();
  });
  const { port } = http.address() as AddressInfo;
  return { engine, port, url: `http://127.0.0.1:${port}/engine.io/?EIO=4` };
}

async function handshake(
  url: string,
  headers: Record<string, string> = {},
): Promise<{ sid: string; upgrades: string[]; response: Response }> {
  const response = await fetch(`${url}&transport=polling`, { headers });
  const { sid, upgrades } = JSON.parse((await response.text()).slice(1)) as { sid: string; upgrades: string[] };
  return { sid, upgrades, response };
}

describe('EngineServer', () => {
  it('opens a session by polling that can upgrade, and one by WebSocket that cannot', async () => {
    const { engine, url } = await start();
    const sessions: Session[] = [];
    engine.on('connection', (session: Session) => sessions.push(session));
    const { sid, upgrades } = await handshake(url);
    expect(upgrades).toEqual(['websocket']);
    const socket = new WebSocket(`${url.replace('http', 'ws')}&transport=websocket`);
    const [first] = (await new Promise<unknown[]>((resolve) => socket.once('message', (...args) => resolve(args)))) as [
      Buffer,
    ];
    expect(JSON.parse(first.toString().slice(1)).upgrades).toEqual([]);
    expect(engine.clientsCount).toBe(2);
    expect(engine.clients[sid]).toBe(sessions[0]);
    expect(sessions[0]?.request._query).toMatchObject({ EIO: '4', transport: 'polling' });
  });

  it('gives the reason of a refusal to the client and to the application', async () => {
    const { engine, url } = await start();
    const errors: { code: number; context: object }[] = [];
    engine.on('connection_error', (error) => errors.push({ code: error.code, context: error.context }));
    const response = await fetch(`${url}&transport=polling&sid=nobody`);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ code: 1, message: 'Session ID unknown' });
    const socket = new WebSocket(`${url.replace('http', 'ws')}&transport=pigeon`);
    const status = await new Promise((resolve) =>
      socket.once('unexpected-response', (_request, answer) => resolve(answer.statusCode)),
    );
    expect(status).toBe(400);
    expect(errors).toEqual([
      { code: 1, context: { sid: 'nobody' } },
      { code: 0, context: { transport: 'pigeon' } },
    ]);
  });

  it('asks allowRequest, and answers 403 with its text', async () => {
    const { url } = await start({ allowRequest: (_request, callback) => callback('closed today', false) });
    const response = await fetch(`${url}&transport=polling`);
    expect(response.status).toBe(403);
    expect(await response.json()).toEqual({ code: 4, message: 'closed today' });
  });

  it('takes ids from the application', async () => {
    const { engine, url } = await start();
    engine.generateId = async () => 'of-my-own';
    expect((await handshake(url)).sid).toBe('of-my-own');
  });

  it('lets middleware and listeners add headers, and sets the cookie', async () => {
    const { engine, url } = await start({ cookie: true });
    engine.use((_request, response, next) => {
      response.setHeader('X-Middleware', '1');
      next();
    });
    engine.on('headers', (headers: Record<string, string>) => {
      headers['x-listener'] = '2';
    });
    const { response, sid } = await handshake(url);
    expect(response.headers.get('x-middleware')).toBe('1');
    expect(response.headers.get('x-listener')).toBe('2');
    expect(response.headers.get('set-cookie')).toBe(`io=${sid}; Path=/; HttpOnly; SameSite=Lax`);
    const upgraded = await new Promise<IncomingMessage>((resolve) => {
      const socket = new WebSocket(`${url.replace('http', 'ws')}&transport=websocket`);
      socket.once('upgrade', resolve);
    });
    expect(upgraded.headers).toMatchObject({ 'x-middleware': '1', 'x-listener': '2' });
    expect(upgraded.headers['set-cookie']).toBeUndefined();
  });

  it('ends a session whose answer cannot be sent because of an invalid header', async () => {
    const { engine, url } = await start();
    const { sid } = await handshake(url);
    const reasons: string[] = [];
    engine.clients[sid]?.on('close', (reason: string) => reasons.push(reason));
    engine.on('headers', (headers: Record<string, string>) => {
      headers['x-bad'] = 'a\nb';
    });
    const errors = catchUncaught();
    const poll = fetch(`${url}&transport=polling&sid=${sid}`).catch(() => 'cut');
    while (!engine.clients[sid]?.transport.writable) await new Promise(setImmediate);
    engine.clients[sid]?.send('x');
    expect(await poll).toBe('cut');
    expect(reasons).toEqual(['transport error']);
    expect(errors).toHaveLength(1);
  });

  it('refuses requests that its middleware refuses', async () => {
    const { engine, url } = await start();
    engine.use((_request, _response, next) => next(new TypeError('no')));
    expect((await fetch(`${url}&transport=polling`)).status).toBe(400);
  });

  it('answers preflights of other origins, and allows them', async () => {
    const { url } = await start({ cors: { origin: 'http://a.b', credentials: true } });
    const preflight = await fetch(`${url}&transport=polling`, {
      method: 'OPTIONS',
      headers: { Origin: 'http://a.b', 'Access-Control-Request-Method': 'POST' },
    });
    expect(preflight.status).toBe(204);
    const { response } = await handshake(url, { Origin: 'http://a.b' });
    expect(response.headers.get('access-control-allow-origin')).toBe('http://a.b');
    expect(response.headers.get('access-control-allow-credentials')).toBe('true');
  });

  it('admits no more than sessionsMax', async () => {
    const { url } = await start({ sessionsMax: 1 });
    await handshake(url);
    expect((await fetch(`${url}&transport=polling`)).status).toBe(503);
  });

  it('sends initialPacket after the handshake', async () => {
    const { url } = await start({ initialPacket: 'welcome' });
    expect(await (await fetch(`${url}&transport=polling`)).text()).toMatch(
      new RegExp(`^0\\{.*\\}${String.fromCharCode(30)}4welcome$`),
    );
  });

  it('keeps a request that middleware wrote to, and releases the others', async () => {
    const { engine, url } = await start();
    let session: Session | undefined;
    engine.on('connection', (opened: Session) => {
      session = opened;
    });
    await handshake(url, { 'X-Test': 'yes' });
    expect(session?.request.headers['x-test']).toBe('yes');
    engine.use((request, _response, next) => {
      (request as IncomingMessage & { user?: string }).user = 'me';
      next();
    });
    await handshake(url);
    expect((session as unknown as { request: { user?: string } }).request.user).toBe('me');
  });

  it('refuses everything after it is closed, also on open connections', async () => {
    const { engine, port, url } = await start();
    await handshake(url);
    const socket = connect(port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    engine.close();
    expect(engine.clientsCount).toBe(0);
    socket.write('GET /engine.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\n\r\n');
    let text = '';
    for await (const chunk of socket) text += chunk;
    expect(text).toMatch(/^HTTP\/1\.1 503 /);
    expect(text).toMatch(/connection: close/i);
  });

  it('survives a socket that closes while the application decides', async () => {
    let allow: () => void = () => undefined;
    let gone: Promise<unknown> | undefined;
    let ask: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      ask = resolve;
    });
    const { engine, port } = await start({
      allowRequest: (request, callback) => {
        allow = () => callback(null, true);
        gone = new Promise((resolve) => request.socket.once('close', resolve));
        ask();
      },
    });
    const socket = connect(port, '127.0.0.1');
    socket.write(
      'GET /engine.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    await asked;
    socket.resetAndDestroy();
    await gone;
    allow();
    expect(engine.clientsCount).toBe(0);
    const alive = await new Promise((resolve) =>
      get(`http://127.0.0.1:${port}/engine.io/?EIO=4&transport=nope`, (response) => resolve(response.statusCode)),
    );
    expect(alive).toBe(400);
  });

  it('opens nothing for undecided handshakes when it closes', async () => {
    const decide: (() => void)[] = [];
    const { engine, url } = await start({
      allowRequest: (_request, callback) => decide.push(() => callback(null, true)),
    });
    engine.use((_request, _response, next) => (decide.length < 2 ? next() : void decide.push(next)));
    const answers = [0, 1].map(() => fetch(`${url}&transport=polling`));
    const socket = new WebSocket(`${url.replace('http', 'ws')}&transport=websocket`);
    const refused = new Promise<number | undefined>((resolve) => {
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
    });
    socket.on('error', () => undefined);
    while (decide.length < 3) await new Promise(setImmediate);
    engine.close();
    for (const next of decide) next();
    expect(await Promise.all(answers.map(async (answer) => (await answer).status))).toEqual([503, 503]);
    expect(await refused).toBe(503);
    expect(engine.clientsCount).toBe(0);
  });

  it('opens nothing for a poll whose client left before it was admitted', async () => {
    const decide: (() => void)[] = [];
    const { engine, url } = await start({
      allowRequest: (_request, callback) => decide.push(() => callback(null, true)),
    });
    const generated: string[] = [];
    engine.generateId = () => {
      generated.push('id');
      return `id-${generated.length}`;
    };
    const request = get(`${url}&transport=polling`).on('error', () => undefined);
    const closed = new Promise((resolve) => request.on('socket', (socket) => socket.once('close', resolve)));
    while (decide.length < 1) await new Promise(setImmediate);
    request.destroy();
    await closed;
    // The server notices it in a later turn, and another request shows when.
    const other = fetch(`${url}&transport=polling`);
    while (decide.length < 2) await new Promise(setImmediate);
    for (const next of decide) next();
    expect((await other).status).toBe(200);
    expect(engine.clientsCount).toBe(1);
  });

  it('refuses a request whose middleware throws, and tells the application', async () => {
    const uncaught = catchUncaught();
    const { engine, url } = await start();
    engine.use(() => {
      throw new RangeError('middleware');
    });
    const contexts: unknown[] = [];
    engine.on('connection_error', ({ context }) => contexts.push(context));
    const answer = await fetch(`${url}&transport=polling`);
    expect([answer.status, await answer.json()]).toEqual([400, { code: 3, message: 'Bad request' }]);
    const socket = new WebSocket(`${url.replace('http', 'ws')}&transport=websocket`);
    const status = await new Promise<number | undefined>((resolve) => {
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
    });
    expect(status).toBe(400);
    expect(contexts).toEqual([{ name: 'MIDDLEWARE_FAILURE' }, { name: 'MIDDLEWARE_FAILURE' }]);
    expect(uncaught).toEqual(['middleware', 'middleware']);
  });

  it('answers a plain request of a session with a WebSocket', async () => {
    const { url } = await start();
    const socket = new WebSocket(`${url.replace('http', 'ws')}&transport=websocket`);
    const first = await new Promise<Buffer>((resolve) => socket.once('message', resolve));
    const { sid } = JSON.parse(first.toString().slice(1)) as { sid: string };
    for (const transport of ['websocket', 'polling'])
      expect((await fetch(`${url}&transport=${transport}&sid=${sid}`)).status).toBe(400);
    expect(socket.readyState).toBe(WebSocket.OPEN);
  });

  it('reports the writes of its sessions, and each created packet', async () => {
    const { engine, url } = await start();
    const told: unknown[] = [];
    engine.on('flush', (session: Session, packets: unknown[]) => told.push(['flush', session.id, packets.length]));
    engine.on('drain', (session: Session) => told.push(['drain', session.id]));
    engine.on('connection', (session: Session) => {
      session.on('packetCreate', (packet) => told.push(packet));
      session.send('hello');
    });
    engine.generateId = () => 'sid-1';
    await fetch(`${url}&transport=polling`);
    const poll = fetch(`${url}&transport=polling&sid=sid-1`);
    expect(await (await poll).text()).toBe('4hello');
    expect(told).toEqual([
      ['flush', 'sid-1', 1],
      { type: 'message', data: 'hello', options: { compress: true } },
      ['flush', 'sid-1', 1],
    ]);
  });

  it('refuses handshakes without a decision, in time or when it closes', async () => {
    const clock = new FakeClock();
    const asked: unknown[] = [];
    const { engine, url } = await start({ clock, handshakeTimeout: 5_000, allowRequest: () => void asked.push(1) });
    engine.use((request, _response, next) => (request.url?.includes('stuck') ? void asked.push(1) : next()));
    const ask = (query: string): Promise<number>[] => {
      const socket = new WebSocket(`${url.replace('http', 'ws')}&transport=websocket${query}`).on(
        'error',
        () => undefined,
      );
      return [
        fetch(`${url}&transport=polling${query}`).then(({ status }) => status),
        new Promise<number>((resolve) => {
          socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
        }),
      ];
    };
    const contexts: unknown[] = [];
    engine.on('connection_error', ({ code }) => contexts.push(code));
    const late = [...ask(''), ...ask('&stuck')];
    while (asked.length < 4) await new Promise(setImmediate);
    await clock.advance(5_000);
    expect(await Promise.all(late)).toEqual([503, 503, 503, 503]);
    const closed = [...ask(''), ...ask('&stuck')];
    while (asked.length < 8) await new Promise(setImmediate);
    engine.close();
    expect(await Promise.all(closed)).toEqual([503, 503, 503, 503]);
    expect(contexts).toEqual([8, 8, 8, 8, 7, 7, 7, 7]);
    expect(engine.clientsCount).toBe(0);
  });
});
