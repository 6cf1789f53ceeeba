/** Guests that speak Socket.IO: the stock client, and ours over each of its transports. */
import { io as stockIo } from 'socket.io-client';
import { io } from '../../../packages/naru/src/client/index.js';
import type { ClientOptions } from '../../../packages/naru/src/client/socket/options.js';
import { CLOSED, Guest, type GuestFacts, ROOM, type Words } from './guest.js';

type StockSocket = ReturnType<typeof stockIo>;
type OurSocket = ReturnType<typeof io>;

/** The published socket.io-client, which begins with long-polling and upgrades to a WebSocket. */
export class StockGuest extends Guest {
  readonly #url: string;
  #socket: StockSocket | undefined;

  constructor(facts: GuestFacts, url: string) {
    super(facts);
    this.#url = url;
  }

  async enter(): Promise<void> {
    const socket = stockIo(this.#url, {
      forceNew: true,
      transports: ['polling', 'websocket'],
      auth: { name: this.name },
    });
    this.#socket = socket;
    socket.onAny((event, ...args) => this.hear(event, args));
    await Promise.all([
      new Promise<void>((resolve) => socket.io.engine.once('upgrade', () => resolve())),
      new Promise<void>((resolve) => socket.on('connect', resolve)),
    ]);
    await this.#call('naru:subscribe', ROOM);
  }

  async say(words: Words): Promise<void> {
    await this.#call('naru:publish', ROOM, 'say', words);
  }

  async show(bytes: Buffer): Promise<void> {
    await this.#call('naru:publish', ROOM, 'data', bytes);
  }

  knock(): Promise<unknown> {
    return this.#call('naru:subscribe', CLOSED);
  }

  leave(): void {
    this.#socket?.disconnect();
  }

  override async end(): Promise<void> {
    this.leave();
  }

  #call(name: string, ...args: unknown[]): Promise<unknown> {
    return this.#socket?.emitWithAck(name, ...args) ?? Promise.reject(new Error('not connected'));
  }
}

/** Our client. */
export class OurGuest extends Guest {
  readonly #connect: () => OurSocket;
  #socket: OurSocket | undefined;

  constructor(facts: GuestFacts, url: string, options: ClientOptions = {}) {
    super(facts);
    this.#connect = () => io(url, { forceNew: true, auth: { name: facts.name }, ...options });
  }

  async enter(): Promise<void> {
    const socket = this.#connect();
    this.#socket = socket;
    socket.onAny((event: string, ...args: unknown[]) => this.hear(event, args));
    await new Promise<void>((resolve, reject) => {
      socket.on('connect_error', reject);
      socket.on('connect', () => resolve());
    });
    await socket.subscribe(ROOM);
  }

  async say(words: Words): Promise<void> {
    await this.#socket?.publish(ROOM, 'say', words);
  }

  async show(bytes: Buffer): Promise<void> {
    await this.#socket?.publish(ROOM, 'data', bytes);
  }

  async knock(): Promise<unknown> {
    return this.#socket?.subscribe(CLOSED).catch((error: unknown) => error);
  }

  leave(): void {
    this.#socket?.disconnect();
  }

  override async end(): Promise<void> {
    this.leave();
  }
}
