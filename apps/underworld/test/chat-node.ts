/** Runs the chat as one of several processes, for tests of the state that they share and of restarts. */
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'naru';
import { io, type Socket } from 'naru/client';
import { afterEach, beforeEach } from 'vitest';
import { acceptConnections } from '../server/connections.js';
import { options } from '../server/main.js';
import { World } from '../server/world.js';
import { LIMITS } from '../shared/limits.js';
import type { Answer, FromPage, FromServer, Message, Past, Welcome } from '../shared/protocol.js';
import { Data } from './data.js';
import { ticket } from './riders.js';

/** The socket of a page without a screen. */
export type Page = Socket<FromServer, FromPage>;

/** A connected page, with the events that it received. */
export interface Guest {
  readonly page: Page;
  readonly welcome: Welcome;
  readonly messages: Message[];
}

/** One process of the chat. */
export class Node {
  readonly world: World;
  readonly #http: HttpServer;
  readonly #backplane: ReturnType<Data['open']>;
  readonly #guests: Page[] = [];

  private constructor(data: Data, http: HttpServer) {
    this.#http = http;
    this.#backplane = data.open();
    const server = new Server<FromPage, FromServer>(http, {
      ...options,
      presence: { ...options.presence, lease: 1_000, pollInterval: 50 },
      backplane: this.#backplane,
    });
    const rules = { graceMs: LIMITS.graceMs, reportsToMute: 2, reporterAgeMs: 0 };
    this.world = new World(server, rules, Date.now, data.folder);
  }

  /** Starts the process on an existing log. */
  static async start(data: Data): Promise<Node> {
    const http = createServer();
    const started = new Node(data, http);
    await started.world.sync.recall();
    acceptConnections(started.world);
    await new Promise<void>((done) => http.listen(0, '127.0.0.1', done));
    return started;
  }

  /** The address of the server. */
  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  /** Connects a page with the ticket of that number. */
  async page(number: number): Promise<Guest> {
    const auth = { ticket: ticket(number), turn: 0 };
    const page: Page = io(this.url, { transports: ['websocket'], forceNew: true, reconnection: false, auth });
    this.#guests.push(page);
    const messages: Message[] = [];
    page.on('message', (_place, message) => void messages.push(message));
    const welcome = await new Promise<Welcome>((done) => page.once('welcome', done));
    return { page, welcome, messages };
  }

  /** Ends the process cleanly. */
  async stop(): Promise<void> {
    for (const page of this.#guests.splice(0)) page.disconnect();
    await this.world.io.close();
    await this.#backplane.close();
  }
}

/** The processes of a test, on its own data. */
export interface Nodes {
  readonly data: Data;
  start(): Promise<Node>;
  stop(node: Node): Promise<void>;
}

/** Gives each test of a file its own data, and ends its processes afterwards. */
export function useNodes(): Nodes {
  let data: Data;
  let nodes: Node[];
  beforeEach(() => {
    data = new Data();
    nodes = [];
  });
  afterEach(async () => {
    for (const node of nodes) await node.stop();
    await data.remove();
  });
  return {
    get data() {
      return data;
    },
    async start() {
      const node = await Node.start(data);
      nodes.push(node);
      return node;
    },
    async stop(node) {
      nodes = nodes.filter((each) => each !== node);
      await node.stop();
    },
  };
}

/** Emits any event with any arguments, as a client that ignores the types might. */
export function ask<T = Answer>(page: Page, event: string, ...args: unknown[]): Promise<T> {
  const untyped = page as unknown as { emitWithAck(event: string, ...args: unknown[]): Promise<T> };
  return untyped.emitWithAck(event, ...args);
}

/** Reads the history of a room as a page does. */
export function history(page: Page, room: string, query: object = {}): Promise<Past> {
  return ask<Past>(page, 'naru:history', room, query);
}
