/** The scene: one server with every endpoint, guests on every wire, and their actions. */
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Socket } from '../../../packages/naru/src/server/api/index.js';
import { Server } from '../../../packages/naru/src/server/api/server.js';
import { stomp as stompWire } from '../../../packages/stomp/src/stomp.js';
import { webTransportClass } from '../../../packages/testing/src/web-transport-pair.js';
import { udp as udpWire } from '../../../packages/udp/src/server/udp.js';
import { acceptWebTransport } from '../../../packages/webtransport/src/accept.js';
import { bytesOf, CLOSED, type Guest, lineOf, noteOf, ROOM, wordsOf } from './guest.js';
import { Chromium } from './page-guests.js';

/** How long the guests may take to receive everything. The test reports the messages that are missing then. */
const PATIENCE_MS = 20_000;

/** The places where guests connect. */
export interface Places {
  readonly http: HttpServer;
  readonly url: string;
  readonly tcp: number;
  readonly udp: number;
  readonly stomp: number;
  /** Opens the page that some guests share, when the first of them asks for it. */
  openPage(): Promise<Chromium>;
}

/** The server, and its notes about its guests, by name. */
export class Scene {
  readonly guests: Guest[] = [];
  /** The transport and the subprotocol inside, taken when all guests were in the room. */
  readonly roads = new Map<string, string>();
  /** The reason for the end of each guest. */
  readonly farewells = new Map<string, string>();
  /** The answer to each guest about the closed room. */
  readonly refusals = new Map<string, unknown>();
  /** The number of sockets in the room when all had come, and in the closed room when all had asked for it. */
  readonly counts = { room: 0, closed: 0 };
  readonly #http = createServer();
  readonly #io: Server;
  readonly #sockets = new Map<string, Socket>();
  #page: Promise<Chromium> | undefined;
  #formerWebTransport: PropertyDescriptor | undefined;

  constructor() {
    this.#io = new Server(this.#http, {
      events: true,
      wires: [stompWire(), udpWire()],
      transports: ['polling', 'websocket', 'sse', 'webtransport'],
    });
  }

  /** Opens the server with all of its endpoints. */
  async open(): Promise<Places> {
    const io = this.#io;
    io.allow({ subscribe: (_socket, room) => room !== CLOSED, publish: true });
    io.on('connection', (socket: Socket) => this.#onConnection(socket));
    for (const endpoint of ['tcp://127.0.0.1:0', 'udp://127.0.0.1:0', 'stomp://127.0.0.1:0']) io.listen(endpoint);
    await io.ready();
    const [tcp = 0, udp = 0, stomp = 0] = io.endpoints.map(({ address }) => (address as AddressInfo).port);
    const http = this.#http;
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    this.#serveWebTransport();
    const openPage = (): Promise<Chromium> => {
      this.#page ??= Chromium.open(http, url);
      return this.#page;
    };
    return { http, url, tcp, udp, stomp, openPage };
  }

  /** Plays the whole scene. The results are in the fields. */
  async play(): Promise<void> {
    // The guest that can only send when it enters comes last, so that all others hear it.
    const [shy, others] = [this.guests.filter(isShy), this.guests.filter((guest) => !isShy(guest))];
    await each(others, 'enter', (guest) => guest.enter());
    await each(shy, 'enter', (guest) => guest.enter());
    for (const [name, { conn }] of this.#sockets) this.roads.set(name, `${conn.transport.name} ${conn.subprotocol}`);
    this.counts.room = (await this.#io.in(ROOM).fetchSockets()).length;

    await each(others, 'say', (guest) => guest.say(wordsOf(guest.name)));
    await this.#hear(this.said);
    await each(others, 'show', (guest) => guest.show(bytesOf(guest.name)));
    await this.#hear([...this.said, ...this.shown]);

    await each(others, 'knock', async (guest) => this.refusals.set(guest.name, await guest.knock()));
    this.counts.closed = (await this.#io.in(CLOSED).fetchSockets()).length;

    await each(others, 'leave', async (guest) => guest.leave());
    await this.#until(() => others.every(({ name }) => this.farewells.has(name)));
  }

  /** All messages, unordered. */
  get said(): string[] {
    return this.guests.map(({ name }) => lineOf(wordsOf(name)));
  }

  /** All sent bytes, unordered. */
  get shown(): string[] {
    return this.guests.filter((guest) => !isShy(guest)).map(({ name }) => noteOf(bytesOf(name)));
  }

  /** Ends the server. */
  async close(): Promise<void> {
    const closed = this.#io.close();
    // A browser opens connections in advance, and Node waits for those.
    this.#http.closeAllConnections();
    await closed;
  }

  /** Ends the remains of the guests and the page. */
  async clear(): Promise<void> {
    await Promise.all(this.guests.map((guest) => guest.end()));
    await (await this.#page)?.close();
    if (this.#formerWebTransport) Object.defineProperty(globalThis, 'WebTransport', this.#formerWebTransport);
    else Reflect.deleteProperty(globalThis, 'WebTransport');
  }

  #onConnection(socket: Socket): void {
    const { name, login } = socket.handshake.auth;
    const meet = (who: string): void => {
      this.#sockets.set(who, socket);
      socket.on('disconnect', (reason: string) => this.farewells.set(who, reason));
    };
    if (name ?? login) meet(String(name ?? login));
    // A guest whose wire has no rooms enters by its message.
    socket.on('say', (who: string) => {
      meet(who);
      socket.join(ROOM);
      this.#io.to(ROOM).emit('say', wordsOf(who));
    });
  }

  async #hear(expected: readonly string[]): Promise<void> {
    await this.#until(() =>
      this.guests.every((guest) => {
        const wanted = isShy(guest) ? this.said.length : expected.length;
        return guest.heard.length >= wanted;
      }),
    );
  }

  /** Waits until the condition holds, or until the patience is over. */
  async #until(holds: () => boolean): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    while (!holds() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /** Node lacks a WebTransport server, so the sessions are pairs in memory. */
  #serveWebTransport(): void {
    this.#formerWebTransport = Object.getOwnPropertyDescriptor(globalThis, 'WebTransport');
    const value = webTransportClass((pair) => void acceptWebTransport(this.#io, pair.server));
    Object.defineProperty(globalThis, 'WebTransport', { configurable: true, writable: true, value });
  }
}

function isShy({ facts }: Guest): boolean {
  return facts.isShy === true;
}

/** Lets all guests act at once. Rejects with the name of a guest that is not done in time. */
async function each(guests: readonly Guest[], what: string, act: (guest: Guest) => Promise<unknown>): Promise<void> {
  const acts = guests.map(async (guest) => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((_resolve, reject) => {
      const error = new Error(`${guest.name} could not ${what} within ${PATIENCE_MS} ms`);
      timer = setTimeout(() => reject(error), PATIENCE_MS);
    });
    try {
      await Promise.race([act(guest), late]);
    } finally {
      clearTimeout(timer);
    }
  });
  await Promise.all(acts);
}
