import { createServer, type Server as HttpServer, type IncomingMessage, request } from 'node:http';
import { type ClientHttp2Stream, connect, createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { certificate } from '../../../../../test/conformance/peers/certificate.js';
import { nodeInternalsFor } from '../../../src/node-internals/choose.js';
import { EventStreamDecoder } from '../../../src/protocol/event-stream/decoder.js';
import type { AnyHttpServer } from '../../../src/server/engine/attach.js';
import { EngineServer } from '../../../src/server/engine/engine-server.js';
import type { EngineOptions } from '../../../src/server/options/engine-options.js';
import type { Session } from '../../../src/session/session.js';

async function start(options: EngineOptions = {}) {
  const http = createServer();
  const engine = new EngineServer(options);
  const sessions: Session[] = [];
  const messages: unknown[] = [];
  engine.on('connection', (session: Session) => {
    sessions.push(session);
    session.on('message', (message: unknown) => messages.push(message));
  });
  const refusals: unknown[] = [];
  engine.on('connection_error', ({ context }) => refusals.push(context));
  engine.attach(http);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    engine.close();
    http.closeAllConnections();
    http.close();
  });
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/engine.io/?EIO=4`;
  const open = async (query: string): Promise<{ sid: string; upgrades: string[] }> => {
    const text = await (await fetch(`${url}&transport=polling${query}`)).text();
    return JSON.parse(text.slice(1));
  };
  const post = async (query: string, body: string): Promise<number> =>
    (await fetch(`${url}&${query}`, { method: 'POST', body })).status;
  return { engine, url, sessions, messages, refusals, open, post };
}

/** Reads the events of a stream, one per call; `undefined` at the end. */
async function read(url: string): Promise<{ status: number; next: () => Promise<string | undefined> }> {
  const response = await fetch(url);
  const reader = response.body?.getReader();
  const decoder = new EventStreamDecoder();
  const events: string[] = [];
  const next = async (): Promise<string | undefined> => {
    for (;;) {
      if (events.length > 0) return events.shift();
      const { done, value } = (await reader?.read()) ?? { done: true };
      if (done || !value) return undefined;
      events.push(...decoder.add(value).map(({ data }) => data));
    }
  };
  return { status: response.status, next };
}

describe('the upgrades in a handshake', () => {
  it.each<[string, EngineOptions, string, string[]]>([
    ['WebSocket alone to who says nothing', {}, '', ['websocket']],
    ['HTTP streaming besides to who knows it', {}, '&sse=1', ['websocket', 'sse']],
    ['none where there is none', { transports: ['polling'] }, '&sse=1', []],
    ['what there is', { transports: ['polling', 'sse'] }, '&sse=1', ['sse']],
    ['none where none is allowed', { allowUpgrades: false }, '&sse=1', []],
  ])('are %s', async (_name, options, query, upgrades) => {
    const { open } = await start(options);
    expect((await open(query)).upgrades).toEqual(upgrades);
  });

  it('include a WebSocket for a session that opens by HTTP streaming', async () => {
    const { url } = await start();
    const { next } = await read(`${url}&transport=sse`);
    expect(JSON.parse((await next())?.slice(1) ?? '').upgrades).toEqual(['websocket']);
  });
});

describe('a session that opens by HTTP streaming', () => {
  const connectionOf = async (options: EngineOptions, prepare?: (engine: EngineServer) => void) => {
    const { engine, url } = await start(options);
    prepare?.(engine);
    const longWay = vi.spyOn(engine, 'handleRequest');
    const opened = new Promise<Session>((resolve) => engine.on('connection', resolve));
    // A separate connection, so that the request is its first data.
    const response = await new Promise<IncomingMessage>((resolve) => {
      request(`${url}&transport=sse`, { agent: false, headers: { cookie: 'a=b' } }, resolve).end();
    });
    const session = await opened;
    expect(session.request.headers).toMatchObject({ cookie: 'a=b' });
    expect(session.request._query).toEqual({ EIO: '4', transport: 'sse' });
    const ended = new Promise((resolve) => response.on('end', resolve));
    let text = '';
    response.on('data', (chunk: Buffer) => {
      text += chunk;
    });
    session.send('hello');
    session.close();
    await ended;
    expect(text).toMatch(/^:\n\ndata: 0\{"sid":.*\}\n\ndata: 4hello\n\ndata: 1\n\n$/);
    return { headers: response.headers, requests: longWay.mock.calls.length };
  };

  it.runIf(nodeInternalsFor(true).parts.fastUpgrades)(
    'is taken from the first chunk, without a Node request, and its connection ends with it',
    async () => {
      const { headers, requests } = await connectionOf({});
      expect(requests).toBe(0);
      expect(headers).toMatchObject({
        connection: 'close',
        'transfer-encoding': 'chunked',
        'content-type': 'text/event-stream; charset=UTF-8',
        'cache-control': 'no-store, no-transform',
        'x-accel-buffering': 'no',
      });
      expect(headers.date).toMatch(/GMT$/);
      expect(headers).not.toHaveProperty('keep-alive');
    },
  );

  it.each<[string, EngineOptions, ((engine: EngineServer) => void)?]>([
    ['has rules for other origins', { cors: { origin: '*' } }],
    ['sets a cookie', { cookie: true }],
    ['decides over requests', { allowRequest: (_request, callback) => callback(null, true) }],
    ['has middleware', {}, (engine) => engine.use((_request, _response, next) => next())],
    ['adds headers', {}, (engine) => engine.on('headers', (headers: Record<string, string>) => (headers.a = 'b'))],
    ['listens to all requests', {}, (engine) => (engine.httpServer as HttpServer).on('request', () => undefined)],
    ['makes ids of its own', {}, (engine) => (engine.generateId = () => Promise.resolve('own'))],
  ])('takes the long way if an application %s', async (_name, options, prepare) => {
    const { headers, requests } = await connectionOf(options, prepare);
    expect([requests, headers.connection]).toEqual([1, 'close']);
  });
});

describe('the request of a session that opens by HTTP streaming', () => {
  const agent = { headers: { 'user-agent': 'x' } };

  it('is released, and shown again on demand', async () => {
    const { url, sessions } = await start();
    await fetch(`${url}&transport=sse`, agent);
    expect(sessions[0]?.handshake.headers['user-agent']).toBe('x');
    expect(sessions[0]?.request.headers['user-agent']).toBe('x');
  });

  it('may use HTTP/2, and so may all its later requests', async () => {
    const http = createSecureServer({ ...certificate, allowHTTP1: true });
    const engine = new EngineServer();
    engine.attach(http as unknown as AnyHttpServer);
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const client = connect(`https://127.0.0.1:${(http.address() as AddressInfo).port}`, { rejectUnauthorized: false });
    onTestFinished(() => {
      engine.close();
      client.destroy();
      http.close();
    });
    const ask = (query: string, body?: string): ClientHttp2Stream => {
      const path = `/engine.io/?EIO=4&transport=sse${query}`;
      const stream = client.request({ ':path': path, ...(body && { ':method': 'POST' }) }, { endStream: !body });
      if (body) stream.end(body);
      return stream.setEncoding('utf8') as ClientHttp2Stream;
    };
    const opened = new Promise<Session>((resolve) => engine.on('connection', resolve));
    const stream = ask('');
    let text = '';
    stream.on('data', (chunk: string) => {
      text += chunk;
    });
    const session = await opened;
    const message = new Promise((resolve) => session.on('message', resolve));
    ask(`&sid=${session.id}`, '4up');
    expect(await message).toBe('up');
    session.send('down');
    await expect.poll(() => text).toMatch(/^:\n\ndata: 0\{.*\}\n\ndata: 4down\n\n$/);
    session.close();
    await new Promise((resolve) => stream.on('end', resolve));
    expect(text.endsWith('data: 1\n\n')).toBe(true);
  });

  it('stays if somebody has it', async () => {
    const { engine, url } = await start();
    const seen: IncomingMessage[] = [];
    engine.on('connection', (session: Session) => seen.push(session.request));
    await fetch(`${url}&transport=sse`, agent);
    engine.removeAllListeners('connection');
    engine.on('headers', (_headers: unknown, request: IncomingMessage) => seen.push(request));
    await fetch(`${url}&transport=sse`, agent);
    expect(seen.map(({ headers }) => headers['user-agent'])).toEqual(['x', 'x']);
  });
});

describe('from long-polling to HTTP streaming', () => {
  it('moves a session by a probe and a change-over, and loses nothing', async () => {
    const { url, sessions, messages, open, post } = await start();
    const { sid } = await open('&sse=1');
    const [session] = sessions;
    const poll = fetch(`${url}&transport=polling&sid=${sid}`).then((response) => response.text());
    const { next } = await read(`${url}&transport=sse&sid=${sid}`);
    expect(session?.upgrading).toBe(true);
    expect(await post(`transport=polling&sid=${sid}`, '4by polling')).toBe(200);
    expect(await post(`transport=sse&sid=${sid}`, '2probe')).toBe(200);
    expect(await next()).toBe('3probe');
    expect(await poll).toBe('6');
    session?.send('between');
    expect(await post(`transport=sse&sid=${sid}`, '5')).toBe(200);
    session?.send('after');
    expect([await next(), await next()]).toEqual(['4between', '4after']);
    expect(await post(`transport=sse&sid=${sid}`, '4by sse')).toBe(200);
    expect([session?.transport.name, session?.upgraded, messages]).toEqual(['sse', true, ['by polling', 'by sse']]);
  });

  it('does not accept a POST of a polling session as one of a stream', async () => {
    const { refusals, open, post } = await start();
    const { sid } = await open('&sse=1');
    expect(await post(`transport=sse&sid=${sid}`, '2probe')).toBe(400);
    expect(refusals).toEqual([{ name: 'TRANSPORT_MISMATCH', transport: 'sse', previousTransport: 'polling' }]);
  });

  it('leaves the session in place when the upgrade is dropped, and allows another', async () => {
    const { url, sessions, open, post } = await start();
    const { sid } = await open('&sse=1');
    const first = await read(`${url}&transport=sse&sid=${sid}`);
    expect(await post(`transport=sse&sid=${sid}`, '1')).toBe(200);
    expect(await first.next()).toBe('6');
    expect([sessions[0]?.upgrading, sessions[0]?.readyState]).toEqual([false, 'open']);
    const { next } = await read(`${url}&transport=sse&sid=${sid}`);
    await post(`transport=sse&sid=${sid}`, '2probe');
    expect(await next()).toBe('3probe');
  });

  it('ends the upgrade, but not the session, at a second stream', async () => {
    const { url, sessions, open } = await start();
    const { sid } = await open('&sse=1');
    const first = await read(`${url}&transport=sse&sid=${sid}`);
    expect((await read(`${url}&transport=sse&sid=${sid}`)).status).toBe(400);
    expect(await first.next()).toBe('1');
    expect([sessions[0]?.upgrading, sessions[0]?.readyState]).toEqual([false, 'open']);
  });

  it('is not available to clients of the older protocol', async () => {
    const { url, open, refusals } = await start({ allowEIO3: true });
    expect((await fetch(url.replace('EIO=4', 'EIO=3&transport=sse'))).status).toBe(400);
    const response = await fetch(url.replace('EIO=4', 'EIO=3&transport=polling&b64=1&sse=1'));
    const { sid, upgrades } = JSON.parse(/\{.*\}/.exec(await response.text())?.[0] ?? '');
    expect(upgrades).toEqual(['websocket']);
    expect((await fetch(`${url.replace('EIO=4', 'EIO=3')}&transport=sse&sid=${sid}`)).status).toBe(400);
    expect(refusals).toHaveLength(2);
    expect((await open('&sse=1')).upgrades).toEqual(['websocket', 'sse']);
  });
});

describe('from HTTP streaming to a WebSocket', () => {
  it('ends the stream after a noop, and continues over the WebSocket', async () => {
    const { url, sessions } = await start();
    const { next } = await read(`${url}&transport=sse`);
    const { sid } = JSON.parse((await next())?.slice(1) ?? '');
    const [session] = sessions;
    const socket = new WebSocket(`${url.replace('http', 'ws')}&transport=websocket&sid=${sid}`);
    const received: string[] = [];
    const arrived = (count: number): Promise<void> =>
      new Promise((resolve) => {
        const look = (): unknown => received.length >= count && resolve();
        socket.on('message', look);
        look();
      });
    socket.on('message', (data) => received.push(String(data)));
    await new Promise((resolve) => socket.once('open', resolve));
    session?.send('before');
    socket.send('2probe');
    await arrived(1);
    expect([await next(), await next(), await next()]).toEqual(['4before', '6', undefined]);
    session?.send('after');
    socket.send('5');
    await arrived(2);
    expect([received, session?.transport.name]).toEqual([['3probe', '4after'], 'websocket']);
  });
});
