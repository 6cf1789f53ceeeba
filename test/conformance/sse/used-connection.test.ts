/** Streams on connections that had earlier requests, as browsers open them. They live as long as any other stream. */
import { Agent, createServer, get, type Server as HttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { io as ourIo } from '../../../packages/naru/src/client/index.js';
import { nodeInternalsFor } from '../../../packages/naru/src/node-internals/choose.js';
import { Server } from '../../../packages/naru/src/server/api/index.js';
import type { ServerOptions } from '../../../packages/naru/src/server/api/server.js';
import { certificate } from '../peers/certificate.js';

interface ServeOptions extends ServerOptions {
  readonly tls?: boolean;
  /** Options of node:http. */
  readonly http?: object;
}

/** The parser that Node attaches to the socket of a connection that it reads. */
type Read = Socket & { parser?: unknown };

async function serve({ tls = false, http: about = {}, ...options }: ServeOptions = {}) {
  const answer = (_request: unknown, response: { end(text: string): void }): void => response.end('plain');
  const http = tls ? createHttpsServer({ ...certificate, ...about }, answer) : createServer(about, answer);
  const connections: Read[] = [];
  const io = new Server(http as HttpServer, options);
  http.on(tls ? 'secureConnection' : 'connection', (socket: Read) => connections.push(socket));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => io.close());
  const { port } = http.address() as AddressInfo;
  return { http, io, port, connections, tls };
}

type Served = Awaited<ReturnType<typeof serve>>;

/** A connection that sends one request after the other, and keeps the received data. */
class Peer {
  text = '';
  isEnded = false;
  readonly socket: Socket;

  constructor({ port, tls }: Served) {
    this.socket = tls ? connectTls({ port, rejectUnauthorized: false }) : connect(port, '127.0.0.1');
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.isEnded = true;
    });
    this.socket.on('data', (chunk) => {
      this.text += chunk;
    });
  }

  say(path: string, more = ''): void {
    this.socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n${more}`);
  }
}

const { bareStreams } = nodeInternalsFor(true).parts;

/** Resolves when Node no longer reads requests from the connection, if streams detach it. */
async function isLeft(socket: Read): Promise<void> {
  if (bareStreams) await expect.poll(() => socket.parser).toBeNull();
}

const STREAM = '/socket.io/?EIO=4&transport=sse';

/**
 * Opens a session whose stream arrives on a connection with an earlier request, and returns its socket at the server.
 */
async function openUsed(served: Served) {
  const peer = new Peer(served);
  peer.say('/first');
  await expect.poll(() => peer.text).toMatch(/\r\n\r\nplain$/);
  peer.say(STREAM);
  await expect.poll(() => peer.text).toMatch(/data: 0\{"sid":"[^"]+"[^\n]*\n\n\r\n$/);
  const [session] = Object.values(served.io.engine.clients).slice(-1);
  const [socket] = served.connections.slice(-1);
  if (!session || !socket) throw new RangeError('no session was opened');
  return { peer, session, socket };
}

describe('a stream on a connection with an earlier request', () => {
  it.each([
    ['http', false],
    ['https', true],
  ])("detaches from Node's parser, and goes on (%s)", async (_name, tls) => {
    const served = await serve({ tls });
    const { peer, session, socket } = await openUsed(served);
    await isLeft(socket);
    session.send('hello é');
    await expect.poll(() => peer.text).toMatch(/\r\n11\r\ndata: 4hello é\n\n\r\n$/);
    const reason = new Promise((resolve) => session.on('close', resolve));
    peer.socket.end();
    expect(await reason).toBe('transport close');
    await expect.poll(() => peer.isEnded).toBe(true);
  });

  it('ends with its session, and the server can close', async () => {
    const served = await serve();
    const { peer } = await openUsed(served);
    const { peer: other } = await openUsed(served);
    const closed = new Promise((resolve) => served.http.once('close', resolve));
    served.http.closeIdleConnections();
    expect(served.io.engine.clientsCount).toBe(2);
    served.io.close();
    await closed;
    await expect.poll(() => [peer.isEnded, other.isEnded]).toEqual([true, true]);
    expect(peer.text.endsWith('0\r\n\r\n')).toBe(true);
  });

  it('outlives all time limits of the HTTP server', async () => {
    // The timeouts of a new socket must not pass before the stream begins, even on a busy machine.
    const served = await serve({ http: { keepAliveTimeout: 3_000, connectionsCheckingInterval: 20 } });
    served.http.timeout = 4_000;
    const { peer, session } = await openUsed(served);
    // Node reads these at each check.
    Object.assign(served.http, { headersTimeout: 60, requestTimeout: 60 });
    // The connections that the limits are meant for begin after the stream, and end.
    const [idle, slow, silent] = [new Peer(served), new Peer(served), new Peer(served)];
    idle.say('/first');
    slow.socket.write('GET / HTTP/1.1\r\nHost');
    await expect.poll(() => [idle.isEnded, slow.isEnded, silent.isEnded]).toEqual([true, true, true]);
    session.send('still here');
    await expect.poll(() => peer.text).toContain('data: 4still here');
    expect(peer.isEnded).toBe(false);
  });

  it.runIf(bareStreams)('ignores a little data after the request, and ends above a limit', async () => {
    const served = await serve();
    const { peer, session, socket } = await openUsed(served);
    await isLeft(socket);
    peer.say('/more');
    session.send('first');
    await expect.poll(() => peer.text).toContain('data: 4first');
    expect(peer.text.split('plain')).toHaveLength(2);
    const reason = new Promise((resolve) => session.on('close', resolve));
    peer.socket.write('x'.repeat(17 * 1024));
    expect(await reason).toBe('transport close');
  });

  it('goes on after a pipelined request, which stays unanswered until the connection ends', async () => {
    const served = await serve();
    const peer = new Peer(served);
    peer.say('/first');
    await expect.poll(() => peer.text).toMatch(/plain$/);
    peer.say(STREAM, 'GET /ahead HTTP/1.1\r\nHost: a\r\n\r\n');
    await expect.poll(() => peer.text).toContain('"sid"');
    const [session] = Object.values(served.io.engine.clients);
    session?.send('on and on');
    await expect.poll(() => peer.text).toContain('data: 4on and on');
    session?.close();
    await expect.poll(() => peer.isEnded).toBe(true);
    expect(peer.text.slice(peer.text.indexOf('on and on'))).toMatch(/data: 1\n\n\r\n0\r\n\r\n$/);
  });

  it('has the headers of cors, of the cookie and of listeners', async () => {
    const served = await serve({ cors: { origin: 'http://a.test' }, cookie: true });
    served.io.engine.on('headers', (headers: Record<string, string>) => {
      headers['X-Own'] = 'yes';
    });
    const { peer, socket } = await openUsed(served);
    await isLeft(socket);
    const head = peer.text.slice(peer.text.indexOf('plain'));
    for (const line of ['Access-Control-Allow-Origin: http://a.test', 'X-Own: yes', 'Connection: close'])
      expect(head).toContain(`\r\n${line}\r\n`);
    expect(head).toMatch(/\r\nset-cookie: io=[^;]+; Path=\/; HttpOnly; SameSite=Lax\r\n/i);
  });

  it('stays with Node when middleware waits for the end of the response, which arrives with the end of the stream', async () => {
    const served = await serve();
    const ends: string[] = [];
    served.io.engine.use((_request, response, next) => {
      response.on('finish', () => ends.push('finish'));
      next();
    });
    const { peer, session } = await openUsed(served);
    session.send('a');
    await expect.poll(() => peer.text).toContain('data: 4a');
    expect(ends).toEqual([]);
    session.close();
    await expect.poll(() => ends).toEqual(['finish']);
  });

  it('serves a client with kept-alive connections, over and over', async () => {
    const served = await serve();
    const agent = new Agent({ keepAlive: true, maxSockets: 2 });
    onTestFinished(() => agent.destroy());
    const url = `http://127.0.0.1:${served.port}`;
    for (let round = 0; round < 10; round += 1) {
      await new Promise((resolve) => get(url, { agent }, (response) => response.resume().on('end', resolve)));
      const socket = ourIo(url, { forceNew: true, transports: ['sse'], agent: agent as never, reconnection: false });
      await new Promise((resolve, reject) =>
        socket.on('connect', () => resolve(undefined)).on('connect_error', reject),
      );
      const said = new Promise((resolve) => socket.once('said', resolve));
      served.io.emit('said', round);
      expect(await said).toBe(round);
      const left = new Promise((resolve) =>
        served.io.engine.clientsCount === 0
          ? resolve(undefined)
          : Object.values(served.io.engine.clients)[0]?.on('close', resolve),
      );
      socket.disconnect();
      await left;
    }
  });
});
