/**
 * Runs the game as one of several processes, for tests of rooms that move and of restarts. Ticks and the clock are
 * moved by hand.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { local } from '@naru/local';
import { Server } from 'naru';
import { io, type Socket } from 'naru/client';
import { acceptConnections } from '../server/connections.js';
import { options } from '../server/main.js';
import { type Rules, rulesFrom } from '../server/rules.js';
import { World } from '../server/world.js';
import type { Answer, FromPage, FromServer, Place, Welcome } from '../shared/protocol.js';
import { encodeInputs, type Input } from '../shared/wire/input.js';
import { decodeSnapshot, type Snapshot } from '../shared/wire/snapshot.js';

/** A log on the disk that several servers may open, one after the other or together. */
export class Data {
  readonly folder = mkdtempSync(join(tmpdir(), 'arena-'));
  /** The time of all servers on it, in milliseconds. Tests move it. */
  nowMs = 1_700_000_000_000;

  /** Removes it. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A connected page without a screen, with the events and snapshots that it received. */
export class Guest {
  readonly page: Socket<FromServer, FromPage>;
  readonly events: (readonly [name: string, ...args: unknown[]])[] = [];
  readonly snapshots: Snapshot[] = [];
  undecoded = 0;
  seq = 0;

  constructor(url: string, number: number) {
    const auth = { ticket: secret(number) };
    this.page = io(url, { transports: ['websocket'], forceNew: true, reconnection: false, auth });
    this.page.onAny((name: string, ...args: unknown[]) => {
      if (name === 's') this.#take(new Uint8Array(args[0] as Uint8Array));
      else this.events.push([name, ...args]);
    });
  }

  /** The newest snapshot. */
  get newest(): Snapshot | undefined {
    return this.snapshots.at(-1);
  }

  /** The argument of the newest event of a name. */
  last(name: string): unknown {
    return this.events.findLast((event) => event[0] === name)?.at(-1);
  }

  /** Asks for a place. */
  async play(room?: string): Promise<Place> {
    const answer = await this.ask<{ place: Place }>('play', room === undefined ? {} : { room });
    if (!answer.ok) throw new RangeError(`no place: ${answer.why}`);
    this.seq = answer.place.seq;
    return answer.place;
  }

  /** Emits any event with any arguments, as a client that ignores the types might. */
  ask<T extends object = object>(event: string, ...args: unknown[]): Promise<Answer<T>> {
    const untyped = this.page as unknown as { emitWithAck(event: string, ...args: unknown[]): Promise<Answer<T>> };
    return untyped.emitWithAck(event, ...args);
  }

  /** Sends the input of one tick. */
  act(input: Partial<Input> = {}): void {
    const tick = this.newest?.tick ?? 0;
    const whole = { direction: 0, magnitude: 0, isFiring: false, aim: 0, view: tick * 16, ...input, seq: ++this.seq };
    this.page.emit('in', encodeInputs({ ack: tick, inputs: [whole] }));
  }

  #take(bytes: Uint8Array): void {
    const snapshot = decodeSnapshot(bytes, (tick) => this.snapshots.findLast((known) => known.tick === tick));
    if (snapshot) this.snapshots.push(snapshot);
    else this.undecoded++;
  }
}

/** One process of the game. */
export class Node {
  readonly world: World;
  readonly server: Server<FromPage, FromServer>;
  readonly #http: HttpServer;
  readonly #backplane: ReturnType<typeof local>;
  readonly #guests: Guest[] = [];

  private constructor(data: Data, http: HttpServer, rules: Partial<Rules>) {
    this.#http = http;
    this.#backplane = local(data.folder);
    this.server = new Server<FromPage, FromServer>(http, { ...options, backplane: this.#backplane });
    this.world = new World(
      this.server,
      { ...rulesFrom({}), filledTo: 0, opensNamed: true, ...rules },
      () => data.nowMs,
    );
    acceptConnections(this.world);
  }

  /** Starts the process on an existing log. */
  static async start(data: Data, rules: Partial<Rules> = {}): Promise<Node> {
    const http = createServer();
    const started = new Node(data, http, rules);
    await started.world.keeper.readOn();
    await started.world.begin();
    await new Promise<void>((done) => http.listen(0, '127.0.0.1', done));
    return started;
  }

  /** The address of the server. */
  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  /** Connects a page with the ticket of that number. */
  async guest(number: number): Promise<Guest> {
    const guest = new Guest(this.url, number);
    this.#guests.push(guest);
    await new Promise<Welcome>((done) => guest.page.once('welcome', done));
    return guest;
  }

  /** Simulates ticks. */
  advance(ticks = 1): void {
    for (let tick = 0; tick < ticks; tick++) this.world.advance();
  }

  /** Ends the process as a crash does: it says nothing to anybody. */
  async crash(): Promise<void> {
    for (const { page } of this.#guests.splice(0)) page.disconnect();
    this.#http.closeAllConnections();
    await this.server.close();
    await this.#backplane.close();
  }
}

/** The ticket of a number. */
export function secret(number: number): string {
  return number.toString(16).padStart(32, '0');
}
