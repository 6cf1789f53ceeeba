/** Runs the application as one of several processes, for tests of the state that they share and of restarts. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { local } from '@naru/local';
import { Server } from 'naru';
import { io, type Socket } from 'naru/client';
import { afterEach, beforeEach, expect } from 'vitest';
import { acceptConnections } from '../server/connections.js';
import { options } from '../server/main.js';
import { answersOf } from '../server/requests.js';
import type { Rules } from '../server/rules.js';
import type { World } from '../server/world.js';
import { LIMITS } from '../shared/limits.js';
import {
  type Answer,
  type FromPage,
  type FromServer,
  type Past,
  QUALITIES,
  type SourceKind,
  type Welcome,
} from '../shared/protocol.js';
import { TAPE } from '../shared/rooms.js';
import { picture } from './frames.js';

/** A log on the disk that several servers may open, one after the other or together. */
export class Data {
  readonly folder = mkdtempSync(join(tmpdir(), 'live-'));

  /** Removes it. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A connected page without a screen, with the events that it received. */
export interface Guest {
  readonly page: Socket<FromServer, FromPage>;
  readonly welcome: Welcome;
  readonly events: (readonly [name: string, ...args: unknown[]])[];
  readonly frames: Uint8Array[];
}

/** One process of the application. Its clock is moved by hand, on top of the real time. */
export class Node {
  readonly world: World;
  readonly server: Server<FromPage, FromServer>;
  /** How far the clock of the application is ahead, in milliseconds. */
  aheadMs = 0;
  /** How far somebody has set the clock of the server. The steady clock does not notice that. */
  setMs = 0;
  isStopped = false;
  readonly #http: HttpServer;
  readonly #backplane: ReturnType<typeof local>;
  readonly #pages: { disconnect(): unknown }[] = [];

  private constructor(data: Data, http: HttpServer, rules: Partial<Rules>) {
    this.#http = http;
    this.#backplane = local(data.folder);
    this.server = new Server<FromPage, FromServer>(http, {
      ...options,
      presence: { ...options.presence, lease: 1_000, pollInterval: 50 },
      backplane: this.#backplane,
    });
    const all = { graceMs: LIMITS.graceMs, viewers: LIMITS.viewers, reportsToMute: 2, reporterAgeMs: 0, ...rules };
    this.world = acceptConnections(this.server, all, {
      now: () => Date.now() + this.aheadMs + this.setMs,
      steady: () => performance.now() + this.aheadMs,
    });
  }

  /** Starts the process on an existing log. Its clock is ahead by `aheadMs`. */
  static async start(data: Data, rules: Partial<Rules> = {}, aheadMs = 0): Promise<Node> {
    const http = createServer((request, response) => {
      void answer(request, response).then((isTaken) => isTaken || response.writeHead(404).end());
    });
    const started = new Node(data, http, rules);
    const answer = answersOf(started.world);
    started.aheadMs = aheadMs;
    await started.world.recall();
    await new Promise<void>((done) => http.listen(0, '127.0.0.1', done));
    return started;
  }

  /** The address of the server. */
  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  /** Connects a page with the ticket of that number. `watch` is what it asks for in its first packet. */
  async page(number: number, watch?: unknown): Promise<Guest> {
    const auth = { ticket: secret(number), watch };
    const page: Guest['page'] = io(this.url, { transports: ['websocket'], forceNew: true, reconnection: false, auth });
    this.#pages.push(page);
    const events: Guest['events'] = [];
    const frames: Uint8Array[] = [];
    page.onAny((name: string, ...args: unknown[]) => {
      if (name === 'frame') frames.push(new Uint8Array(args[0] as Uint8Array));
      else events.push([name, ...args]);
    });
    const welcome = await new Promise<Welcome>((done) => page.once('welcome', done));
    return { page, welcome, events, frames };
  }

  /** Reads the tape of a room, as a page with the ticket of that number does. */
  async tape(number: number, room: string, query: object = {}): Promise<Past> {
    const auth = { ticket: secret(number) };
    const tape = io(`${this.url}${TAPE}`, { transports: ['websocket'], forceNew: true, reconnection: false, auth });
    this.#pages.push(tape);
    return tape.timeout(5_000).emitWithAck('naru:history', room, { limit: 100, ...query });
  }

  /** Ends the process. The broadcasters are cut off, as in a crash: nobody says that they stopped. */
  async stop(): Promise<void> {
    this.isStopped = true;
    for (const page of this.#pages.splice(0)) page.disconnect();
    this.#http.closeAllConnections();
    await this.server.close();
    await this.#backplane.close();
  }
}

/**
 * Gives each test an empty log. Returns a function that starts a process on it. The processes of a test that still run
 * at its end are stopped.
 */
export function useNodes(): (rules?: Partial<Rules>, aheadMs?: number) => Promise<Node> {
  let data: Data;
  let nodes: Node[];
  beforeEach(() => {
    data = new Data();
    nodes = [];
  });
  afterEach(async () => {
    for (const node of nodes) if (!node.isStopped) await node.stop();
    data.remove();
  });
  return async (rules, aheadMs) => {
    const node = await Node.start(data, rules, aheadMs);
    nodes.push(node);
    return node;
  };
}

/** The ticket or key of a number. */
export function secret(number: number): string {
  return number.toString(16).padStart(32, '0');
}

/** Emits any event with any arguments, as a client that ignores the types might. */
export function ask<T extends object = object>({ page }: Guest, event: string, ...args: unknown[]): Promise<Answer<T>> {
  const untyped = page as unknown as { emitWithAck(event: string, ...args: unknown[]): Promise<Answer<T>> };
  return untyped.emitWithAck(event, ...args);
}

/** Asks for the broadcast of a key, without a picture so far. Returns its id. */
export async function startAir(guest: Guest, key: number, kind: SourceKind = 'camera'): Promise<string> {
  const wish = { key: secret(key), kind, qualities: ['high', 'low'], form: 'frames' };
  const answer = await ask<{ id: string }>(guest, 'air:start', wish);
  if (!answer.ok) throw new RangeError(`not on air: ${answer.why}`);
  return answer.id;
}

/** Puts a page on air with the key of that number, and a first picture of each quality. Returns the id. */
export async function goOnAir(guest: Guest, key: number, kind: SourceKind = 'camera'): Promise<string> {
  const id = await startAir(guest, key, kind);
  for (const quality of QUALITIES) guest.page.emit('frame', picture(true, FIRST_AT_MS, { quality }));
  const isListed = async () => (await ask<{ onAir: boolean }>(guest, 'desk:open', { key: secret(key) })) as object;
  await expect.poll(isListed).toMatchObject({ onAir: true });
  return id;
}

/** The capture time of the first picture, before those that tests send. */
const FIRST_AT_MS = -1_000;
