/** Runs the chat with all its endpoints, and people with every kind of client. */
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, type IMessage } from '@stomp/stompjs';
import { Server } from 'naru';
import { io, type Socket } from 'naru/client';
import { nameOf } from 'naru-apps-kit/shared/naming.js';
import { WebSocket } from 'ws';
import { acceptConnections } from '../server/connections.js';
import { options } from '../server/main.js';
import { World } from '../server/world.js';
import { LIMITS } from '../shared/limits.js';
import type { Answer, FromPage, FromServer, Message, Welcome } from '../shared/protocol.js';
import { Data } from './data.js';
import { post, Stream, Terminal } from './plain.js';
import { ticket } from './riders.js';

/** The socket of a page without a screen. */
export type Page = Socket<FromServer, FromPage>;

/** A connected page. */
export interface PageGuest {
  readonly page: Page;
  readonly welcome: Welcome;
  /** The messages of other people since the page entered. */
  readonly messages: Message[];
  readonly name: string;
}

/** A connected STOMP client. */
export interface BrokerGuest {
  readonly client: Client;
  readonly got: IMessage[];
  readonly errors: string[];
}

/** One server with one world, on a clock that the test sets. */
export class ClientsStage {
  now = 1_000_000;
  readonly world: World;
  readonly #http: HttpServer = createServer();
  readonly #data = new Data();
  readonly #guests: (() => void)[] = [];
  #port = 0;

  constructor() {
    const server = new Server<FromPage, FromServer>(this.#http, { ...options, backplane: this.#data.open() });
    const rules = { graceMs: LIMITS.graceMs, reportsToMute: 1, reporterAgeMs: 0 };
    this.world = new World(server, rules, () => this.now);
    acceptConnections(this.world);
  }

  /** Opens the endpoints. */
  async open(): Promise<void> {
    const { io: server } = this.world;
    await new Promise<void>((done) => this.#http.listen(0, '127.0.0.1', done));
    server.listen('tcp://127.0.0.1:0');
    await server.ready();
    const [endpoint] = server.endpoints;
    this.#port = (endpoint as { address: AddressInfo }).address.port;
  }

  /** Disconnects all clients and closes the server. */
  async close(): Promise<void> {
    for (const leave of this.#guests) leave();
    await this.world.io.close();
    await this.#data.remove();
  }

  /** The address of the page. */
  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  /** The port for terminals. */
  get port(): number {
    return this.#port;
  }

  /** Connects a person with `nc`. */
  terminal(first?: string): Terminal {
    const guest = new Terminal(this.#port, first);
    this.#guests.push(() => guest.leave());
    return guest;
  }

  /** Connects a person with `curl -N`. */
  stream(target: string, headers?: Record<string, string>): Stream {
    const guest = new Stream(`${this.url}/events/${target}`, headers);
    this.#guests.push(() => guest.leave());
    return guest;
  }

  /** Sends one POST. */
  say(target: string, body: string, type?: string): Promise<[status: number, answer: string]> {
    return post(`${this.url}/events/${target}`, body, type);
  }

  /** Connects a person with a page. */
  async page(number: number): Promise<PageGuest> {
    const auth = { ticket: ticket(number), turn: 0 };
    const page: Page = io(this.url, { transports: ['websocket'], forceNew: true, reconnection: false, auth });
    this.#guests.push(() => void page.disconnect());
    const messages: Message[] = [];
    page.on('message', (_place, message) => void messages.push(message));
    const welcome = await new Promise<Welcome>((done) => page.once('welcome', done));
    return { page, welcome, messages, name: nameOf(welcome.you, 'en') };
  }

  /** Connects a person with a STOMP client. */
  async broker(): Promise<BrokerGuest> {
    const address = `${this.url.replace('http', 'ws')}/stomp`;
    const client = new Client({
      webSocketFactory: () => new WebSocket(address, ['v12.stomp']) as never,
      connectHeaders: { host: '/' },
      reconnectDelay: 0,
    });
    const got: IMessage[] = [];
    const errors: string[] = [];
    client.onStompError = ({ headers }) => void errors.push(headers.message ?? '');
    this.#guests.push(() => void client.deactivate());
    await new Promise<void>((done) => {
      client.onConnect = () => done();
      client.activate();
    });
    return { client, got, errors };
  }
}

/** Emits any event with any arguments, as a client that ignores the types might. */
export function ask(page: Page, event: string, ...args: unknown[]): Promise<Answer> {
  const untyped = page as unknown as { emitWithAck(event: string, ...args: unknown[]): Promise<Answer> };
  return untyped.emitWithAck(event, ...args);
}

/** Returns the name that the terminal was given. */
export function nameIn({ lines }: Terminal): string {
  const line = lines.find((each) => each.startsWith('welcome ')) ?? '';
  return /^welcome "(.+)"$/.exec(line)?.[1] ?? '';
}

/** Returns the messages of a STOMP client, each with the name of its event first. */
export function eventsOf(got: readonly IMessage[]): unknown[][] {
  return got.map(({ headers, body }) => [headers.event, ...(JSON.parse(body) as unknown[])]);
}
