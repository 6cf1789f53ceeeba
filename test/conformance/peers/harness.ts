/**
 * Sets up the two ends of an interop test: a server and some clients, which close with the test. Every suite uses the
 * published API and takes a `Pair`. It runs first with the stock server and client, which proves the suite, and then
 * with ours in place of either one. `NARU_PEERS=stock` uses the stock package everywhere.
 */
import { existsSync } from 'node:fs';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Server, ServerOptions, Socket } from 'socket.io';
import type { Socket as ClientSocket, io, ManagerOptions, SocketOptions } from 'socket.io-client';
import { onTestFinished } from 'vitest';

export type ServerClass = typeof Server;
export type Connect = typeof io;
export type ClientOptions = Partial<ManagerOptions & SocketOptions>;
export type ClientVersion = 2 | 3 | 4;
export type { ClientSocket, Server, ServerOptions, Socket };

/** The packages at the two ends, and the abilities of the client's version. */
export interface Pair {
  readonly name: string;
  readonly Server: ServerClass;
  readonly connect: Connect;
  readonly version: ClientVersion;
  /** Whether the server is ours, which promises more than the stock one in a few places. */
  readonly isOurServer: boolean;
}

/** The ways in which a client connects. */
export const MODES = {
  polling: ['polling'],
  websocket: ['websocket'],
  upgrade: ['polling', 'websocket'],
} as const;

export type Mode = keyof typeof MODES;

/** The names of the three modes, for `describe.each`. */
export const MODE_NAMES = Object.keys(MODES) as Mode[];

const isProof = process.env.NARU_PEERS === 'stock';

/** Returns the path of our source file. Suites fail with its name when it is missing. */
export function sourcePath(name: string): string {
  return fileURLToPath(new URL(`../../../packages/naru/src/${name}`, import.meta.url));
}

async function loadOurs<T>(name: string): Promise<T> {
  const path = sourcePath(name);
  if (!existsSync(path)) throw new TypeError(`${path} is not there: nothing to test`);
  return (await import(path)) as T;
}

async function serverOf(owner: 'naru' | 'stock'): Promise<ServerClass> {
  if (owner === 'stock' || isProof) return (await import('socket.io')).Server;
  return (await loadOurs<{ Server: ServerClass }>('server/api/index.ts')).Server;
}

async function clientOf(client: 'naru' | ClientVersion): Promise<{ connect: Connect; version: ClientVersion }> {
  if (client === 3) return { connect: (await import('socket.io-client-3')).io as unknown as Connect, version: 3 };
  if (client === 2) return { connect: (await import('socket.io-client-2')).default as unknown as Connect, version: 2 };
  if (client === 4 || isProof) return { connect: (await import('socket.io-client')).io, version: 4 };
  return { connect: (await loadOurs<{ io: Connect }>('client/index.ts')).io, version: 4 };
}

/** Loads the packages of a pair. */
export async function pairOf(ends: { server: 'naru' | 'stock'; client: 'naru' | ClientVersion }): Promise<Pair> {
  const ours = isProof ? 'stock (proof)' : 'naru';
  const client = ends.client === 'naru' ? ours : `socket.io-client ${ends.client}`;
  const name = `${client} with the server of ${ends.server === 'naru' ? ours : 'socket.io 4'}`;
  const [Server, { connect, version }] = await Promise.all([serverOf(ends.server), clientOf(ends.client)]);
  return { name, Server, connect, version, isOurServer: ends.server === 'naru' && !isProof };
}

/** A running server and its clients, which close when the test is over. */
export class Stage {
  readonly pair: Pair;
  readonly http: HttpServer;
  readonly io: Server;
  readonly port: number;
  readonly #clients: Set<ClientSocket>;

  constructor(pair: Pair, parts: { http: HttpServer; io: Server; clients: Set<ClientSocket> }) {
    this.pair = pair;
    this.http = parts.http;
    this.io = parts.io;
    this.port = (parts.http.address() as AddressInfo).port;
    this.#clients = parts.clients;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Creates a client, which connects at once by default. */
  client(namespace = '', options: ClientOptions = {}): ClientSocket {
    const client = this.pair.connect(this.url + namespace, { forceNew: true, reconnectionDelay: 20, ...options });
    this.#clients.add(client);
    return client;
  }

  /** Creates a client, and waits until both ends are connected. */
  async join(namespace = '', options: ClientOptions = {}): Promise<{ client: ClientSocket; socket: Socket }> {
    const accepted = next(this.io.of(namespace.split('?')[0] || '/'), 'connection');
    const client = this.client(namespace, options);
    const connected = next(client, 'connect');
    const [socket] = (await accepted) as [Socket];
    await connected;
    return { client, socket };
  }
}

/** Starts a server on a port that the system chooses. */
export async function stage(pair: Pair, options: Partial<ServerOptions> = {}, port = 0): Promise<Stage> {
  const http = createServer();
  const io = new pair.Server(http, pair.version === 2 ? { allowEIO3: true, ...options } : options);
  const clients = new Set<ClientSocket>();
  onTestFinished(() => closeAll(io, http, clients));
  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
  return new Stage(pair, { http, io, clients });
}

async function closeAll(io: Server, http: HttpServer, clients: Iterable<ClientSocket>): Promise<void> {
  for (const client of clients) client.disconnect();
  await io.close();
  http.closeAllConnections();
}

/** Resolves with the arguments of the next event of this name. */
export function next(emitter: { once(...args: never[]): unknown }, event: string): Promise<unknown[]> {
  const source = emitter as unknown as { once(event: string, listener: (...args: unknown[]) => void): unknown };
  return new Promise((resolve) => source.once(event, (...args) => resolve(args)));
}

/** Resolves with the arguments of the next `count` events of this name, in order. */
export function collect(
  emitter: { on(...args: never[]): unknown },
  event: string,
  count: number,
): Promise<readonly unknown[][]> {
  const source = emitter as unknown as { on(event: string, listener: (...args: unknown[]) => void): unknown };
  const seen: unknown[][] = [];
  return new Promise((resolve) =>
    source.on(event, (...args) => {
      seen.push(args);
      if (seen.length === count) resolve(seen);
    }),
  );
}

/** Waits until the condition holds. The test's time limit ends the wait. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Asks the server a question, and so waits until everything sent earlier has arrived, in both directions. */
export async function roundTrip(client: ClientSocket): Promise<void> {
  await new Promise<void>((resolve) => client.emit('round trip', () => resolve()));
}

/** Makes the server's socket answer `roundTrip`. */
export function answerRoundTrips(socket: Socket): void {
  socket.on('round trip', (ack: () => void) => ack());
}

/** Returns the name of the client's present transport. */
export function transportOf(client: ClientSocket): string {
  return client.io.engine.transport.name;
}
