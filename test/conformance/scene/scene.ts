/** The scene: one server with every endpoint open, guests on every wire, and what happens between them. */
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Socket } from '../../../src/server/api/index.js';
import { Server } from '../../../src/server/api/server.js';
import { webTransportClass } from '../../../src/testing/web-transport-pair.js';
import { bytesOf, CLOSED, type Guest, lineOf, noteOf, ROOM, wordsOf } from './guest.js';
import { Chromium } from './page-guests.js';

/** How long everybody may take to hear something; what somebody lacks then is the test's to say. */
const PATIENCE_MS = 20_000;

/** Where guests come in. */
export interface Places {
  readonly http: HttpServer;
  readonly url: string;
  readonly tcp: number;
  readonly udp: number;
  readonly stomp: number;
  /** The page that some of them share; opened when the first of them asks. */
  openPage(): Promise<Chromium>;
}

/** The server, and what it notes of its guests, by their names. */
export class Scene {
  readonly guests: Guest[] = [];
  /** The transport and what runs inside, when all were in the room. */
  readonly roads = new Map<string, string>();
  /** Why each has gone. */
  readonly farewells = new Map<string, string>();
  /** What each was told about the closed room. */
  readonly refusals = new Map<string, unknown>();
  /** How many sockets were in the room when all had come, and in the closed one when all had asked for it. */
  readonly counts = { room: 0, closed: 0 };
  readonly #http = createServer();
  readonly #io: Server;
  readonly #sockets = new Map<string, Socket>();
  #page: Promise<Chromium> | undefined;
  #formerWebTransport: PropertyDescriptor | undefined;

  constructor() {
    this.#io = new Server(this.#http, {
      events: true,
      stomp: true,
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

  /** Plays the whole scene; what came of it is in the fields. */
  async play(): Promise<void> {
    // The one that says something as it comes is the last to come, so that all of them hear it.
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

  /** All that was said, in no order. */
  get said(): string[] {
    return this.guests.map(({ name }) => lineOf(wordsOf(name)));
  }

  /** All that was shown, in no order. */
  get shown(): string[] {
    return this.guests.filter((guest) => !isShy(guest)).map(({ name }) => noteOf(bytesOf(name)));
  }

  /** Ends the server. */
  async close(): Promise<void> {
    const closed = this.#io.close();
    // A browser opens connections before it needs them, and Node waits for those.
    this.#http.closeAllConnections();
    await closed;
  }

  /** Ends what is left of guests and the page. */
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
    // Who has no word for rooms is put there by what it says.
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

  /** Waits until something holds, or for as long as is reasonable. */
  async #until(holds: () => boolean): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    while (!holds() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /** There is no native server of WebTransport: its sessions are pairs in memory. */
  #serveWebTransport(): void {
    this.#formerWebTransport = Object.getOwnPropertyDescriptor(globalThis, 'WebTransport');
    const value = webTransportClass((pair) => void this.#io.acceptWebTransport(pair.server));
    Object.defineProperty(globalThis, 'WebTransport', { configurable: true, writable: true, value });
  }
}

function isShy({ facts }: Guest): boolean {
  return facts.isShy === true;
}

/** Has all guests do something at once; rejects by the name of one that is not done within the time. */
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
