/** Nodes of Socket.IO and nodes of Naru on one Redis, with a stock client at each. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient } from '@redis/client';
import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import { createAdapter as createStreams } from '@socket.io/redis-streams-adapter';
import { Redis } from 'ioredis-5';
import { createAdapter as createOldStreams } from 'redis-streams-adapter-0.2';
import { Server as OldServer } from 'socket.io';
import { io, type Socket } from 'socket.io-client';
import { onTestFinished } from 'vitest';
import { socketIo } from '../../../packages/bridge/src/entry/index.js';
import { Server, type ServerOptions } from '../../../packages/naru/src/server/api/index.js';
import { redis } from '../../../packages/redis/src/redis.js';
import { startRedis, until } from '../../../packages/redis/test/servers-and-uplinks.js';

/** How the nodes of Naru share what they know. */
export type Mode = 'log' | 'carrier' | 'alone';

/** The adapter of the nodes of Socket.IO. */
export type Adapter = 'redis' | 'sharded' | 'streams' | 'streams-0.2';

/** The calls that both servers have in the same form. */
export type AnyServer = Pick<OldServer, 'on' | 'to' | 'except' | 'emit' | 'of' | 'close' | 'local' | 'timeout'> &
  Pick<OldServer, 'fetchSockets' | 'socketsJoin' | 'socketsLeave' | 'disconnectSockets' | 'volatile'> &
  Pick<OldServer, 'serverSideEmit' | 'serverSideEmitWithAck' | 'in'>;

/** A client, and what it has heard. */
export interface Guest {
  readonly client: Socket;
  readonly heard: unknown[][];
}

/** A node, and its port. */
export interface Node {
  readonly io: AnyServer;
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** One Redis, and the nodes on it. */
export class BridgeStage {
  readonly url: string;
  readonly adapter: Adapter;
  readonly errors: string[] = [];
  /** The option of `createShardedAdapter`. */
  sharded: { readonly subscriptionMode?: 'static' | 'dynamic' | 'dynamic-private' } = {};

  private constructor(url: string, adapter: Adapter) {
    this.url = url;
    this.adapter = adapter;
  }

  static async start(adapter: Adapter = 'redis'): Promise<BridgeStage> {
    const broker = await startRedis(['--appendonly', 'no']);
    return new BridgeStage(broker.url, adapter);
  }

  /** Opens a client of Redis. */
  async client(): Promise<ReturnType<typeof createClient>> {
    const client = createClient({ url: this.url });
    client.on('error', () => undefined);
    await client.connect();
    // The adapter of Socket.IO does not wait for its last commands.
    onTestFinished(() => client.close());
    return client as ReturnType<typeof createClient>;
  }

  /** With `redis`, version 0.2 of the adapter for streams needs the package of that name. */
  #ioredis(): Redis {
    const client = new Redis(this.url);
    onTestFinished(() => client.disconnect());
    return client;
  }

  /** Starts a node of Socket.IO. */
  async old(namespaces: readonly string[] = []): Promise<Node> {
    const [pub, sub] = [await this.client(), await this.client()];
    const http = createServer();
    const makers = {
      redis: () => createAdapter(pub, sub),
      sharded: () => createShardedAdapter(pub, sub, this.sharded),
      streams: () => createStreams(pub),
      'streams-0.2': () => createOldStreams(this.#ioredis()),
    };
    const server = new OldServer(http, { adapter: makers[this.adapter]() as never, pingInterval: 2_000 });
    for (const name of namespaces) server.of(name);
    await new Promise<void>((resolve) => void http.listen(0, resolve));
    const close = async (): Promise<void> => void (await server.close());
    onTestFinished(close);
    await this.#entered();
    return { io: server as AnyServer, port: (http.address() as AddressInfo).port, close };
  }

  /** Starts a node of Naru. */
  async naru(mode: Mode, options: Partial<ServerOptions> = {}): Promise<Node> {
    const backplane = mode === 'alone' ? undefined : redis(this.url, { log: mode === 'log' });
    const bridge = socketIo(await this.client(), { adapter: this.adapter, ...this.sharded });
    const server = new Server(0, { ...(backplane && { backplane }), bridge, printNodes: false, ...options });
    server.engine.on('log_error', (error: Error) => this.errors.push(error.message));
    await server.ready();
    let closed: Promise<void> | undefined;
    const close = (): Promise<void> => {
      closed ??= (async () => {
        await server.close();
        await backplane?.close();
      })();
      return closed;
    };
    onTestFinished(close);
    const { port } = server.httpServer.address() as AddressInfo;
    await this.#entered();
    return { io: server as object as AnyServer, port, close };
  }

  /** Resolves when the other nodes count a new one. */
  async #entered(): Promise<void> {
    if (this.adapter === 'streams-0.2') return void (await new Promise((resolve) => setTimeout(resolve, 700)));
    const client = await this.client();
    const channel = this.adapter === 'redis' ? 'socket.io-request#/#' : 'socket.io#/#';
    const what = this.adapter === 'sharded' ? 'SHARDNUMSUB' : 'NUMSUB';
    const count = async () => Number((await client.sendCommand(['PUBSUB', what, channel]))[1 as never]);
    const least = this.#nodes + 1;
    await until(async () => (await count()) >= least);
    this.#nodes = least;
  }

  #nodes = 0;

  /** Lets a stock client enter. */
  async enter({ port }: Node, room: string, namespace = '/', options: object = {}): Promise<Guest> {
    const client = io(`http://127.0.0.1:${port}${namespace}`, {
      transports: ['websocket'],
      forceNew: true,
      ...options,
    });
    const heard: unknown[][] = [];
    onTestFinished(() => void client.disconnect());
    client.onAny((...event: unknown[]) => {
      const answer = event.at(-1);
      if (typeof answer === 'function') answer(`${room} says yes`);
      heard.push(event.filter((each) => typeof each !== 'function'));
    });
    await new Promise<void>((resolve) => client.once('connect', resolve));
    client.emit('enter', room);
    await new Promise<void>((resolve) => client.once('entered', () => resolve()));
    heard.length = 0;
    return { client, heard };
  }
}

/** Lets clients enter a room by an event. */
export function serve(server: AnyServer, ...namespaces: string[]): void {
  for (const name of ['/', ...namespaces])
    server.of(name).on('connection', (socket) => {
      socket.on('enter', async (room) => {
        await socket.join(room);
        socket.emit('entered');
      });
      socket.on('say', (room, ...event) => void socket.to(room).emit('said', ...event));
    });
}
