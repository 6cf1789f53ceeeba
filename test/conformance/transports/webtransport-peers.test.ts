/**
 * WebTransport with the published client and server, over pairs in memory: their code accepts any object of the W3C's
 * shape.
 */
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server as StockServer } from 'socket.io';
import { io as stockIo } from 'socket.io-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { io as ourIo } from '../../../packages/naru/src/client/index.js';
import { Server as OurServer } from '../../../packages/naru/src/server/api/server.js';
import { serveWebTransport } from '../../../packages/naru/test/client/served-webtransport.js';
import { acceptWebTransport } from '../../../packages/webtransport/src/accept.js';
import { catchUncaught } from '../../kit/uncaught.js';

/** The used members of a socket, at either end, of either package. */
interface AnySocket {
  readonly connected: boolean;
  readonly io: {
    readonly engine: { readonly transport: { readonly name: string }; on(name: string, listener: () => void): void };
  };
  on(name: string, listener: (...args: never[]) => void): unknown;
  emit(name: string, ...args: unknown[]): unknown;
  emitWithAck(name: string, ...args: unknown[]): Promise<unknown>;
  disconnect(): unknown;
}

interface AnyServer {
  on(name: 'connection', listener: (socket: ServerSocket) => void): unknown;
  close(): unknown;
}

interface ServerSocket {
  readonly conn: { readonly transport: { readonly name: string } };
  readonly volatile: { emit(name: string, ...args: unknown[]): unknown };
  on(name: string, listener: (...args: never[]) => void): unknown;
  emit(name: string, ...args: unknown[]): unknown;
}

interface Pairing {
  readonly name: string;
  createServer(http: HttpServer, options: object): { server: AnyServer; accept(session: never): void };
  connect(url: string, options: object): AnySocket;
}

const OURS = {
  createServer(http: HttpServer, options: object) {
    const server = new OurServer(http, options);
    return {
      server: server as unknown as AnyServer,
      accept: (session: never) => void acceptWebTransport(server, session),
    };
  },
  connect: (url: string, options: object) => ourIo(url, options) as unknown as AnySocket,
};

const STOCK = {
  createServer(http: HttpServer, options: object) {
    const server = new StockServer(http, options as never);
    const accept = (session: never) => void server.engine.onWebTransportSession(session);
    return { server: server as unknown as AnyServer, accept };
  },
  connect: (url: string, options: object) => stockIo(url, options) as unknown as AnySocket,
};

const PAIRINGS: readonly Pairing[] = [
  { name: 'the published client and our server', createServer: OURS.createServer, connect: STOCK.connect },
  { name: 'our client and the published server', createServer: STOCK.createServer, connect: OURS.connect },
  { name: 'our client and our server', createServer: OURS.createServer, connect: OURS.connect },
];

describe.each(PAIRINGS)('WebTransport between $name', (pairing) => {
  async function start(transports: readonly string[]) {
    // The published client does not observe its stream after the end of the session.
    catchUncaught();
    const http = createServer();
    const { server, accept } = pairing.createServer(http, { transports: ['polling', 'webtransport'] });
    serveWebTransport((pair) => accept(pair.server as never));
    const peers: ServerSocket[] = [];
    server.on('connection', (socket) => {
      peers.push(socket);
      socket.on('echo', (...args: unknown[]) => (args.pop() as (...answer: unknown[]) => void)(...args));
    });
    await new Promise<void>((resolve) => http.listen(0, resolve));
    const url = `http://localhost:${(http.address() as AddressInfo).port}`;
    const socket = pairing.connect(url, { transports, forceNew: true, reconnection: false });
    onTestFinished(async () => {
      socket.disconnect();
      await server.close();
      await new Promise((resolve) => setTimeout(resolve, 20));
    });
    return { socket, peers };
  }

  const upgraded = (socket: AnySocket) =>
    new Promise<void>((resolve) => socket.io.engine.on('upgrade', () => resolve()));

  it('carries events and acknowledgements with text and bytes', async () => {
    const { socket, peers } = await start(['webtransport']);
    const big = Buffer.alloc(100_000, 5);
    expect(await socket.emitWithAck('echo', { text: '나루', big })).toEqual({ text: '나루', big });
    expect(socket.io.engine.transport.name).toBe('webtransport');
    expect(peers[0]?.conn.transport.name).toBe('webtransport');
  });

  it('takes over from polling', async () => {
    const { socket, peers } = await start(['polling', 'webtransport']);
    await upgraded(socket);
    expect(await socket.emitWithAck('echo', 'after')).toBe('after');
    expect([socket.io.engine.transport.name, peers[0]?.conn.transport.name]).toEqual(['webtransport', 'webtransport']);
  });

  it('delivers volatile events, however the other end reads', async () => {
    const { socket, peers } = await start(['webtransport']);
    const seen: unknown[] = [];
    socket.on('state', (value: unknown) => seen.push(value));
    await socket.emitWithAck('echo', 1);
    // One event may be lost without waiting: a stock server drops it during a write.
    for (let turn = 0; turn < 10; turn += 1) {
      peers[0]?.volatile.emit('state', Buffer.from([turn]));
      await socket.emitWithAck('echo', turn);
    }
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.every((value) => Buffer.isBuffer(value))).toBe(true);
  });

  it('ends for both sides when the client leaves', async () => {
    const { socket, peers } = await start(['webtransport']);
    await socket.emitWithAck('echo', 1);
    const reason = new Promise((resolve) => peers[0]?.on('disconnect', (why: string) => resolve(why)));
    socket.disconnect();
    expect(['client namespace disconnect', 'transport close']).toContain(await reason);
  });
});
