/** A client of the entry soak. It enters rooms and leaves them, and notes everything that it does and hears. */
import { io as stock } from 'socket.io-client';
import { io as ours } from '../../../src/client/index.js';
import type { SeededRandom } from '../../../src/testing/seeded-random.js';
import type { Relay } from '../../kit/relay/relay.mjs';
import type { Page } from '../soak/entries.js';

/** A thing that a client has done or heard, and when. */
export type Step = { readonly at: number } & (
  | { readonly type: 'connect'; readonly socketId: string; readonly isRecovered: boolean }
  | {
      readonly type: 'ask';
      readonly id: number;
      readonly room: string;
      readonly limit: number;
      /** How many events of the room anybody had seen. */
      readonly known: number;
    }
  | { readonly type: 'page'; readonly id: number; readonly page: Page }
  | { readonly type: 'event'; readonly tag: string }
  | { readonly type: 'word'; readonly tag: string }
  | { readonly type: 'leave'; readonly room: string }
  | { readonly type: 'refused'; readonly room: string; readonly code: string }
  | { readonly type: 'gap'; readonly gap: unknown }
);

/** The wires of clients. */
export const WIRES = ['stock websocket', 'stock polling', 'our websocket', 'our polling'] as const;

/** The part of a socket that both clients have. */
interface GuestSocket {
  readonly connected: boolean;
  readonly recovered: boolean;
  readonly id?: string | undefined;
  on(event: string, listener: (...args: never[]) => void): unknown;
  emit(event: string, ...args: unknown[]): unknown;
  connect(): unknown;
  disconnect(): unknown;
}

/** The parts that the clients of one process share. */
export interface GuestWorld {
  readonly rooms: readonly string[];
  /** The events of each room that any client has seen or sent, in the order of that. */
  readonly known: ReadonlyMap<string, Set<string>>;
  /** Called for each page. */
  onEntered(): void;
}

/** Milliseconds until a client without an answer asks again. */
const ANSWER_MS = 8_000;
/** A server that hears nothing from the log confirms after a second what may not be in the log yet. */
const PROMPT_MS = 800;
/** Milliseconds for which a client that is to be late reads nothing. */
const LATE_MS = 1_500;
/** Rooms in which a client is at once. */
const ROOMS_MAX = 4;

/** A client. */
export class Guest {
  readonly name: string;
  readonly steps: Step[] = [];
  readonly relay: Relay;
  /** When it heard something last. */
  heardAt = 0;
  readonly #world: GuestWorld;
  readonly #random: SeededRandom;
  readonly #socket: GuestSocket;
  readonly #wanted = new Map<string, number>();
  readonly #entered = new Set<string>();
  readonly #asking = new Map<string, number>();
  #asks = 0;
  #connection = 0;

  constructor(name: string, wire: (typeof WIRES)[number], relay: Relay, random: SeededRandom, world: GuestWorld) {
    this.name = `${name} (${wire})`;
    this.relay = relay;
    this.#random = random;
    this.#world = world;
    const [whose, transport = ''] = wire.split(' ');
    const options = { forceNew: true, transports: [transport], reconnectionDelay: 20, reconnectionDelayMax: 500 };
    const socket = whose === 'stock' ? stock(relay.url, options) : ours(relay.url, options);
    this.#socket = socket as object as GuestSocket;
    this.#listen();
  }

  /** Whether the client is in all rooms in which it wants to be. */
  get isIn(): boolean {
    return (
      this.#socket.connected &&
      this.#asking.size === 0 &&
      [...this.#wanted.keys()].every((room) => this.#entered.has(room))
    );
  }

  /** Does one thing, and waits for its outcome. */
  async act(): Promise<void> {
    if (!this.#socket.connected) return pause(20);
    const random = this.#random;
    const dice = random.integer(0, 99);
    const rooms = this.#pickRooms(dice % 4 === 0 ? random.integer(2, 3) : 1);
    if (dice < 12) await this.#say(rooms);
    if (dice >= 12 && dice < 24) for (const room of rooms) this.#leave(room);
    if (dice === 24) await this.#fall();
    for (const room of rooms) this.#wanted.set(room, random.pick([1, 5, 20, 20, 20, 100, 100, 1_000]));
    for (const room of rooms) this.#ask(room);
    if (dice >= 96) {
      await pause(random.integer(0, 30));
      this.relay.cut(dice === 99);
    }
    for (let waited = 0; this.#asking.size > 0 && waited < 2 * ANSWER_MS; waited += 10) await pause(10);
    while (this.#wanted.size > ROOMS_MAX) this.#leave([...this.#wanted.keys()][0] ?? '');
    await pause(random.integer(0, 60));
  }

  /** Ends the client. */
  end(): void {
    this.#socket.disconnect();
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on('connect', () => {
      this.#asking.clear();
      this.#connection += 1;
      this.#note({ type: 'connect', socketId: socket.id ?? '', isRecovered: socket.recovered });
      if (!socket.recovered) this.#entered.clear();
      for (const room of this.#wanted.keys()) if (!this.#entered.has(room)) this.#ask(room);
    });
    socket.on('disconnect', (reason: string) => {
      this.#connection += 1;
      this.#asking.clear();
      if (reason === 'io server disconnect') setTimeout(() => socket.connect(), 50);
    });
    socket.on('m', (tag: string, rooms: readonly string[]) => {
      this.#know(tag, rooms);
      this.#note({ type: 'event', tag });
    });
    socket.on('naru:gap', (gap: unknown) => this.#note({ type: 'gap', gap }));
  }

  #ask(room: string): void {
    const limit = this.#wanted.get(room) ?? 1;
    this.#asks += 1;
    const id = this.#asks;
    const connection = this.#connection;
    this.#asking.set(room, id);
    this.#note({ type: 'ask', id, room, limit, known: this.#world.known.get(room)?.size ?? 0 });
    const isOpen = (): boolean => connection === this.#connection && this.#asking.get(room) === id;
    this.#socket.emit('naru:subscribe', room, { history: limit, attachmentsMax: 1_000 }, (answer: unknown) => {
      if (!isOpen()) return;
      const { history, error } = answer as { history?: Page; error?: { code: string } };
      if (!history) {
        this.#note({ type: 'refused', room, code: String(error?.code) });
        setTimeout(() => isOpen() && this.#ask(room), 100);
        return;
      }
      this.#asking.delete(room);
      this.#entered.add(room);
      this.#note({ type: 'page', id, page: history });
      for (const { args } of history.events) this.#know(String(args[0]), args[1] as string[]);
      this.#world.onEntered();
    });
    setTimeout(() => isOpen() && this.#ask(room), ANSWER_MS);
  }

  #leave(room: string): void {
    if (!this.#wanted.delete(room)) return;
    this.#asking.delete(room);
    this.#entered.delete(room);
    this.#note({ type: 'leave', room });
    if (this.#socket.connected) this.#socket.emit('naru:unsubscribe', room);
  }

  /** Says something in rooms, and waits until that is confirmed. */
  async #say(rooms: readonly string[]): Promise<void> {
    const connection = this.#connection;
    let open = rooms.length;
    for (const room of rooms) {
      const at = Date.now();
      this.#socket.emit('say', room, (tag: string) => {
        open -= 1;
        if (Date.now() - at > PROMPT_MS) return;
        this.#know(tag, [room]);
        this.#note({ type: 'word', tag });
      });
    }
    for (let waited = 0; open > 0 && connection === this.#connection && waited < ANSWER_MS; waited += 10)
      await pause(10);
  }

  /** Reads nothing while the server sends a lot, so that the server has it read late. */
  async #fall(): Promise<void> {
    this.relay.stall(LATE_MS);
    this.#socket.emit('flood', () => undefined);
    await pause(this.#random.integer(200, LATE_MS - 200));
  }

  #pickRooms(count: number): string[] {
    return [...new Set(Array.from({ length: count }, () => this.#random.pick(this.#world.rooms)))];
  }

  #know(tag: string, rooms: readonly string[]): void {
    for (const room of rooms) this.#world.known.get(room)?.add(tag);
  }

  #note(step: Step extends infer Each ? (Each extends Step ? Omit<Each, 'at'> : never) : never): void {
    this.heardAt = Date.now();
    this.steps.push({ at: this.heardAt, ...step } as Step);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
