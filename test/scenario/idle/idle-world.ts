/** Servers whose namespaces become idle and are used again, beside a model in which nothing is ever let go. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { local } from '../../../packages/local/src/local-backplane.js';
import type { Backplane } from '../../../packages/naru/src/backplane/backplane.js';
import { type Namespace, usedCoreOf } from '../../../packages/naru/src/namespace/namespace.js';
import type { RoomPresence } from '../../../packages/naru/src/namespace/presence/room-presence.js';
import { FakeClock, LateHome, TestServer } from '../../../packages/testing/src/entry/index.js';
import { SeededRandom } from '../../../packages/testing/src/seeded-random.js';
import { RawClient } from '../../kit/clients/raw-client.js';

/** The homes: none, memory, a folder, and one on another machine with two servers. */
export type IdleHome = 'no log' | 'memory' | 'folder' | 'late';

/** Milliseconds for which a session is kept, and within which a return is surely in time, or surely too late. */
const KEEP_MS = 300_000;
const SLACK_MS = 15_000;
/** Milliseconds after which everything is delivered. */
const SETTLE_MS = 1_500;
const NAMES = ['/a', '/b', '/p-1'];
const ROOMS = ['x', 'y'];

/** The parts of a namespace that a program took once and uses for ever. */
interface Held {
  readonly nsp: Namespace;
  readonly operators: readonly { readonly rooms: readonly string[]; readonly except: readonly string[]; emit: Emit }[];
  readonly lobby: RoomPresence<unknown>;
  /** The ids of sockets that a listener of `join-room` has seen in the rooms. */
  readonly joined: Set<string>;
}

type Emit = (name: string) => unknown;

/** A client, and what the model says of it. */
class IdleClient {
  readonly name: string;
  readonly namespace: string;
  raw: RawClient | undefined;
  node = 0;
  rooms = new Set<string>();
  /** The events that it must have got, and those that it has got. */
  readonly expected: string[] = [];
  readonly got: string[] = [];
  /** The events since its connection broke. */
  missed: string[] = [];
  enteredAt = 0;
  awaySince: number | undefined;
  auth: { pid?: string; offset?: string } = {};
  sid = '';

  constructor(name: string, namespace: string) {
    this.name = name;
    this.namespace = namespace;
  }

  get isIn(): boolean {
    return this.raw !== undefined;
  }

  /** Takes what has come. */
  read(): void {
    for (const text of this.raw?.texts ?? []) {
      const data = new RegExp(`^42${this.namespace},(\\[.*)$`).exec(text)?.[1];
      if (data === undefined) continue;
      const [name, ...args] = JSON.parse(data) as string[];
      const last = args.at(-1);
      if (typeof last === 'string') this.auth.offset = last;
      if (/^e\d+$/.test(name ?? '')) this.got.push(name ?? '');
    }
    if (this.raw) this.raw.received.length = 0;
  }
}

export class IdleWorld {
  readonly clock = new FakeClock();
  readonly #home: IdleHome;
  readonly #random: SeededRandom;
  readonly #nodes: TestServer[] = [];
  readonly #held: Map<string, Held>[] = [];
  readonly #clients: IdleClient[] = [];
  /** The events to room `x`, by namespace. */
  readonly #toX = new Map<string, string[]>();
  #count = 0;
  /** The differences from the model. */
  readonly wrong: string[] = [];

  constructor(home: IdleHome, seed: number) {
    this.#home = home;
    this.#random = new SeededRandom(seed);
    const late = new LateHome({ clock: this.clock, callMs: [1, 30], pushMs: [1, 30], seed, ageMs: 24 * 3_600_000 });
    const backplanes: (Backplane | undefined)[] = [];
    for (let count = 0; count < (home === 'late' ? 2 : 1); count += 1) {
      const backplane = this.#backplane(late);
      const recovery = { maxDisconnectionDuration: KEEP_MS, skipMiddlewares: true };
      const server = new TestServer({
        ...{ clock: this.clock, seed: seed * 10 + count },
        server: { backplane, presence: { grace: 0 }, ...(home !== 'no log' && { connectionStateRecovery: recovery }) },
      });
      this.#nodes.push(server);
      this.#held.push(this.#hold(server));
      backplanes.push(backplane);
    }
    onTestFinished(async () => {
      const closed = Promise.all(this.#nodes.map(({ io }) => io.close()));
      await this.clock.advance(30_000);
      await closed;
      for (const { network } of this.#nodes) network.close();
      const ended = Promise.all(backplanes.map((each) => each?.close()));
      await this.clock.advance(30_000);
      await ended;
    });
  }

  #backplane(late: LateHome): Backplane | undefined {
    if (this.#home === 'late') return late.part(this.clock, this.#random.fork()).connect();
    if (this.#home !== 'folder') return undefined;
    const folder = mkdtempSync(join(tmpdir(), 'naru-idle-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
    return local(folder, { clock: this.clock });
  }

  /** A program takes everything that it will use. */
  #hold({ io }: TestServer): Map<string, Held> {
    const onSocket = (socket: import('../../../packages/naru/src/namespace/socket/socket.js').Socket): void => {
      socket.on('enter', (room: string) => socket.join(room));
      socket.on('leave', (room: string) => socket.leave(room));
      (socket.nsp as Namespace).presence('lobby').join(socket, { id: socket.handshake.auth.name });
    };
    io.of(/^\/p-/).on('connection', onSocket as never);
    const held = new Map<string, Held>();
    for (const name of NAMES) {
      const nsp = io.of(name) as object as Namespace;
      if (!name.startsWith('/p')) nsp.on('connection', onSocket);
      const joined = new Set<string>();
      nsp.adapter.on('join-room', (room, id) => void (ROOMS.includes(room) && joined.add(`${room} ${id}`)));
      nsp.adapter.on('leave-room', (room, id) => void joined.delete(`${room} ${id}`));
      const [x, but] = [nsp.to('x'), nsp.except('y')];
      const operators = [
        { rooms: [], except: [], emit: (event: string) => nsp.emit(event) },
        { rooms: ['x'], except: [], emit: (event: string) => x.emit(event) },
        { rooms: [], except: ['y'], emit: (event: string) => but.emit(event) },
        { rooms: ['y'], except: [], emit: (event: string) => io.of(name).to('y').emit(event) },
      ];
      held.set(name, { nsp, operators, joined, lobby: nsp.presence('lobby') as object as RoomPresence<unknown> });
    }
    return held;
  }

  #heldOn(node: number, name: string): Held {
    const held = this.#held[node]?.get(name);
    if (!held) throw new TypeError('held from the start');
    return held;
  }

  async settle(ms = SETTLE_MS): Promise<void> {
    await this.clock.advance(ms);
    for (const client of this.#clients) client.read();
  }

  /** Takes one step. */
  async step(): Promise<void> {
    const random = this.#random;
    const chance = random.integer(0, 99);
    const client = this.#clients.length > 0 ? random.pick(this.#clients) : undefined;
    if (chance < 35) this.#emit();
    else if (chance < 45 && this.#clients.length < 6) await this.#enter(this.#newcomer());
    else if (chance < 60 && client?.isIn) this.#cut(client);
    else if (chance < 75 && client && !client.isIn) await this.#enter(client);
    else if (chance < 85 && client?.isIn) this.#move(client);
    else if (chance < 95) await this.settle(random.pick([2_000, 30_000, 62_000, 62_000, 130_000]));
    else await this.#look();
    await this.settle();
  }

  #emit(): void {
    const name = this.#random.pick(NAMES);
    const event = `e${this.#count}`;
    this.#count += 1;
    const { operators } = this.#heldOn(this.#random.integer(0, this.#nodes.length - 1), name);
    const { rooms, except, emit } = this.#random.pick(operators);
    emit(event);
    if (rooms.includes('x')) this.#toX.set(name, [...(this.#toX.get(name) ?? []), event]);
    for (const client of this.#clients) {
      if (client.namespace !== name || except.some((room) => client.rooms.has(room))) continue;
      if (rooms.length > 0 && !rooms.some((room) => client.rooms.has(room))) continue;
      (client.isIn ? client.expected : client.missed).push(event);
    }
  }

  #newcomer(): IdleClient {
    const client = new IdleClient(`c${this.#clients.length}`, this.#random.pick(NAMES));
    this.#clients.push(client);
    return client;
  }

  /** A client enters, or comes back and asks for its session. */
  async #enter(client: IdleClient): Promise<void> {
    client.node = this.#random.integer(0, this.#nodes.length - 1);
    const server = this.#nodes[client.node] as TestServer;
    const raw = await RawClient.open(server, { answersPings: true });
    const { namespace, name, auth } = client;
    raw.send(`40${namespace},${JSON.stringify({ ...auth, name })}`);
    await this.clock.advance(SETTLE_MS);
    const text = raw.texts.find((each) => each.startsWith(`40${namespace},`));
    if (text === undefined) {
      this.wrong.push(`${name} was not let into ${namespace}: ${raw.texts.join(' ')}`);
      raw.terminate();
      return;
    }
    const { sid, pid } = JSON.parse(text.slice(3 + namespace.length)) as { sid: string; pid?: string };
    const isRecovered = pid !== undefined && pid === auth.pid;
    const awayMs = client.awaySince === undefined ? 0 : this.clock.elapsed - client.awaySince;
    // The log in memory forgets the events since the newest one of a client that has long been quiet.
    const isYoung = this.#home !== 'memory' || this.clock.elapsed - client.enteredAt < KEEP_MS - SLACK_MS;
    const isKept = this.#home !== 'no log' && isYoung && client.awaySince !== undefined;
    if (isKept && awayMs < KEEP_MS - SLACK_MS && !isRecovered)
      this.wrong.push(`${name} was away for ${awayMs} ms and has lost its session`);
    if (isRecovered) client.expected.push(...client.missed);
    else client.rooms = new Set();
    if (!isRecovered) client.enteredAt = this.clock.elapsed;
    Object.assign(client, { raw, sid, missed: [], awaySince: undefined, auth: { pid } });
    client.read();
  }

  #cut(client: IdleClient): void {
    client.read();
    client.raw?.link?.cut();
    client.raw = undefined;
    client.awaySince = this.clock.elapsed;
  }

  #move(client: IdleClient): void {
    const room = this.#random.pick(ROOMS);
    const isIn = client.rooms.has(room);
    client.raw?.send(`42${client.namespace},${JSON.stringify([isIn ? 'leave' : 'enter', room])}`);
    if (isIn) client.rooms.delete(room);
    else client.rooms.add(room);
  }

  /** Compares what the program sees with the model. */
  async #look(): Promise<void> {
    await this.settle();
    const name = this.#random.pick(NAMES);
    const node = this.#random.integer(0, this.#nodes.length - 1);
    const { nsp, lobby, joined } = this.#heldOn(node, name);
    const there = this.#clients.filter(({ isIn, namespace }) => isIn && namespace === name);
    const here = there.filter((client) => client.node === node);
    this.#same(
      `sockets of ${name}`,
      [...nsp.sockets.keys()],
      here.map(({ sid }) => sid),
    );
    const places = here.flatMap(({ sid, rooms }) => [...rooms].map((room) => `${room} ${sid}`));
    const seen = ROOMS.flatMap((room) => [...(nsp.adapter.rooms.get(room) ?? [])].map((id) => `${room} ${id}`));
    this.#same(`rooms of ${name}`, seen, places);
    // A namespace of a pattern is another one after it was removed, so a listener hears nothing of it.
    if (!name.startsWith('/p')) this.#same(`room events of ${name}`, [...joined], places);
    const fetched = await this.#awaited(nsp.fetchSockets());
    this.#same(
      `fetched sockets of ${name}`,
      fetched.map(({ id }) => id),
      there.map(({ sid }) => sid),
    );
    const present = await this.#awaited(lobby.list());
    this.#same(
      `presence in ${name}`,
      present.map(({ id }) => id),
      there.map((client) => client.name),
    );
    if (this.#home === 'no log' || this.#home === 'memory') return;
    const { events } = await this.#awaited(nsp.history('x', { limit: 1_000 }));
    this.#same(
      `history of ${name}`,
      events.map(({ event }) => event),
      this.#toX.get(name) ?? [],
    );
  }

  async #awaited<T>(promise: Promise<T>): Promise<T> {
    let isOver = false;
    const onOver = (): void => {
      isOver = true;
    };
    promise.then(onOver, onOver);
    for (let count = 0; count < 10 && !isOver; count += 1) await this.clock.advance(SETTLE_MS);
    if (!isOver) throw new TypeError('the server does not answer');
    return promise;
  }

  #same(what: string, found: readonly string[], wanted: readonly string[]): void {
    const [one, other] = [found.toSorted().join(' '), wanted.toSorted().join(' ')];
    if (one !== other) this.wrong.push(`${what}: found "${one}", not "${other}"`);
  }

  /** Compares what each client got with the model, in which each event comes once, in the order of its sender. */
  check(): void {
    for (const { name, namespace, got, expected } of this.#clients) {
      const isSame = got.length === expected.length && got.every((event, at) => event === expected[at]);
      if (!isSame) this.wrong.push(`${name} in ${namespace} got ${got.join(' ')}, not ${expected.join(' ')}`);
    }
  }

  /** Looks at everything, and has every client leave. Returns the namespaces that have not become small again. */
  async end(): Promise<string[]> {
    for (let count = 0; count < 6; count += 1) await this.#look();
    this.check();
    for (const client of this.#clients) if (client.isIn) this.#cut(client);
    await this.clock.advance(KEEP_MS + 4 * 62_000);
    const large = this.#held.flatMap((all) => [...all.values()].filter(({ nsp }) => usedCoreOf(nsp) !== undefined));
    return large.map(({ nsp }) => nsp.name);
  }
}
