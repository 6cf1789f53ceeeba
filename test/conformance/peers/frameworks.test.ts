/**
 * Our server behind HTTP frameworks and the servers of Node, with a stock client. Each framework goes on answering its
 * own requests.
 */
import { createServer as createHttpServer, type Server as HttpServer, type RequestListener } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer as createHttpsServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import express4 from 'express-4';
import express5 from 'express-5';
import Fastify from 'fastify';
import Koa from 'koa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { certificate } from './certificate.js';
import { type ClientSocket, MODE_NAMES, MODES, next, pairOf } from './harness.js';

const pair = await pairOf({ server: 'naru', client: 4 });

/** A framework's HTTP server, which does not listen yet or is about to. */
interface Application {
  readonly http: HttpServer;
  listen(): Promise<void>;
  close?(): Promise<void>;
}

function plain(listener?: RequestListener): Application {
  const http = createHttpServer(listener);
  return { http, listen: () => new Promise((resolve) => http.listen(0, '127.0.0.1', resolve)) };
}

function express(make: typeof express4): Application {
  const app = make();
  app.get('/hello', (_request, response) => response.json({ hello: 'world' }));
  // The last layer of many applications answers all remaining requests.
  app.use((_request, response) => {
    response.statusCode = 404;
    response.end('nothing here');
  });
  return plain(app);
}

function fastify(): Application {
  const app = Fastify();
  app.get('/hello', () => ({ hello: 'world' }));
  return {
    http: app.server,
    listen: async () => void (await app.listen({ port: 0, host: '127.0.0.1' })),
    close: () => app.close(),
  };
}

function koa(): Application {
  const app = new Koa();
  app.use(async (context, proceed) => {
    if (context.path === '/hello') context.body = { hello: 'world' };
    else await proceed();
  });
  return plain(app.callback());
}

function bare(): Application {
  return plain((request, response) => {
    if (request.url === '/hello') response.end('{"hello":"world"}');
    else response.writeHead(404).end('nothing here');
  });
}

const APPLICATIONS: Record<string, () => Application> = {
  'Express 4': () => express(express4),
  'Express 5': () => express(express5),
  Fastify: fastify,
  Koa: koa,
  'a bare server': bare,
};

async function greets(client: ClientSocket): Promise<void> {
  onTestFinished(() => void client.disconnect());
  const [greeting, bytes] = await next(client, 'hello');
  expect(greeting).toBe('from server');
  expect(Buffer.from(bytes as Buffer)).toEqual(Buffer.from([1]));
  expect(await client.timeout(10_000).emitWithAck('echo', '나루', Buffer.from([2]))).toEqual([
    '나루',
    Buffer.from([2]),
  ]);
}

/** Attaches a server of ours to the HTTP server, with listeners. */
function serve(http: unknown): InstanceType<typeof pair.Server> {
  const io = new pair.Server(http as HttpServer);
  io.on('connection', (socket) => {
    socket.emit('hello', 'from server', Buffer.from([1]));
    socket.on('echo', (text: string, bytes: Buffer, ack: (echoed: unknown[]) => void) => ack([text, bytes]));
  });
  return io;
}

describe.each(Object.keys(APPLICATIONS))('behind %s', (name) => {
  it.each(MODE_NAMES)('serves clients by %s, and the pages of the application', async (mode) => {
    const application = APPLICATIONS[name]?.() as Application;
    const io = serve(application.http);
    onTestFinished(async () => {
      await io.close();
      await application.close?.();
      application.http.closeAllConnections();
    });
    await application.listen();
    const url = `http://127.0.0.1:${(application.http.address() as AddressInfo).port}`;
    expect(await (await fetch(`${url}/hello`)).json()).toEqual({ hello: 'world' });
    await greets(pair.connect(url, { forceNew: true, transports: [...MODES[mode]] }));
    expect(await (await fetch(`${url}/hello`)).json()).toEqual({ hello: 'world' });
    expect((await fetch(`${url}/other`)).status).toBe(404);
  });
});

const SECURE = {
  https: () => createHttpsServer(certificate, (_request, response) => response.end('page')),
  'http2 that takes http1': () =>
    createSecureServer({ ...certificate, allowHTTP1: true }, (_request, response) => void response.end('page')),
};

describe.each(Object.keys(SECURE) as (keyof typeof SECURE)[])('on %s', (name) => {
  it.each(MODE_NAMES)('serves clients by %s', async (mode) => {
    const http = SECURE[name]();
    const io = serve(http);
    onTestFinished(async () => {
      await io.close();
    });
    let isSecure: boolean | undefined;
    io.on('connection', (socket) => {
      isSecure = socket.handshake.secure;
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const { port } = http.address() as AddressInfo;
    const options = { forceNew: true, transports: [...MODES[mode]], rejectUnauthorized: false };
    await greets(pair.connect(`https://127.0.0.1:${port}`, options));
    expect(isSecure).toBe(true);
    expect(await page(port)).toBe('page');
  });
});

/** Requests a page from the application over TLS and HTTP/1. */
function page(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { port, host: '127.0.0.1', path: '/page', rejectUnauthorized: false, agent: false },
      (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => {
          body += chunk.toString();
        });
        response.on('end', () => resolve(body));
      },
    );
    asked.on('error', reject).end();
  });
}
