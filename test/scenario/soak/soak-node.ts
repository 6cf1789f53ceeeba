/** A server of the world: the real server, with an application that clients and the checker know. */
import type { Duplex } from 'node:stream';
import { decodeOffset } from '../../../packages/naru/src/backplane/backplane.js';
import { coreOf, type Namespace } from '../../../packages/naru/src/namespace/namespace.js';
import type { NamespaceCore } from '../../../packages/naru/src/namespace/namespace-core.js';
import type { PresenceMember } from '../../../packages/naru/src/namespace/presence/roster.js';
import type { Socket } from '../../../packages/naru/src/namespace/socket/socket.js';
import { endpointContextOf, Server } from '../../../packages/naru/src/server/api/server.js';
import { StreamAcceptor } from '../../../packages/naru/src/server/endpoints/stream-acceptor.js';
import { stomp } from '../../../packages/stomp/src/stomp.js';
import { PortlessServer } from '../../../packages/testing/src/portless-server.js';
import { SeededRandom } from '../../../packages/testing/src/seeded-random.js';
import { NodeClock } from './node-clock.js';
import { payloadOf } from './payload.js';
import { DIRECTED_ROOM, HOME_ROOMS, SIDE_ROOMS, VISITED, type WorldPlan } from './plan.js';
import type { HomeLine } from './shared-home.js';
import { type Middleware, slowMiddleware } from './slow-middleware.js';
import { fingerprint, type Place, Violation } from './truth.js';
import type { WorldState } from './world-state.js';

/** Options of presence. */
export const PRESENCE = { grace: 4_000, lease: 6_000, pollInterval: 500 };
export const NAMESPACES: readonly string[] = ['/', '/chat'];

/** The event by which a server asks the others for their ids. */
export const WHO = 'who';

/** A server from its start to its end. A restarted server gets a new `id`. */
export class SoakNode {
  readonly id: number;
  readonly clock: NodeClock;
  readonly line: HomeLine;
  readonly io: Server;
  readonly http: PortlessServer;
  readonly #state: WorldState;
  readonly #tcp: StreamAcceptor;
  readonly #random: SeededRandom;
  #isDead = false;
  #isClosing = false;
  /** The last pause of the server, from and to. */
  #stillFrom = 0;
  #stillTo = 0;
  /** Until when requests to the home of the log may take long, in milliseconds since the Unix epoch. */
  unsureUntil = 0;

  constructor(state: WorldState, id: number, plan: WorldPlan) {
    this.id = id;
    this.#state = state;
    this.#random = new SeededRandom(plan.seed * 1_000 + id);
    this.clock = new NodeClock(state.clock);
    this.line = state.home.open(id, this.clock, this.#random.fork());
    this.http = new PortlessServer((_request, response) => response.writeHead(404).end());
    this.io = new Server(this.http, {
      printNodes: false,
      clock: this.clock,
      random: this.#random.fork(),
      backplane: this.line.backplane,
      connectionStateRecovery: { maxDisconnectionDuration: plan.maxDisconnectionDuration },
      transports: ['polling', 'sse', 'websocket'],
      pingInterval: plan.pingInterval,
      pingTimeout: plan.pingTimeout,
      lateBytesMax: plan.lateBytesMax,
      connectTimeout: 10_000,
      httpCompression: false,
      events: true,
      wires: [stomp()],
      presence: PRESENCE,
    });
    this.io.engine.on('log_error', (error: Error) => {
      if (this.isLiving && !this.isExcused(error.cause)) state.fail(new Violation(`server ${id}: ${error.message}`));
    });
    this.io.on(WHO, (answer: (id: number) => void) => answer(id));
    this.#tcp = new StreamAcceptor(endpointContextOf(this.io));
    const middleware = plan.middlewareMs && slowMiddleware(this.clock, plan.seed * 1_000 + id, plan.middlewareMs);
    for (const name of [...NAMESPACES, ...VISITED]) this.#serve(this.io.of(name) as object as Namespace, middleware);
  }

  get isOpen(): boolean {
    return !this.#isDead && !this.#isClosing;
  }

  get isLiving(): boolean {
    return !this.#isDead;
  }

  /** Whether it was paused, or cut off from the log. */
  wasStill(since: number): boolean {
    return this.wasUnsure(since) || this.wasPaused(since);
  }

  /** Whether the server was paused for more than a second since a time. */
  wasPaused(since: number): boolean {
    return this.#stillTo >= since && this.#stillTo - Math.max(since, this.#stillFrom) > 1_000;
  }

  /** Whether an error of the log is excused: its server could not reach it for ten seconds, or ends. */
  isExcused(error: unknown): boolean {
    const { code } = (error ?? {}) as { code?: unknown };
    return (
      (code === 'REFUSED' && this.#state.home.texts.isRefused) ||
      (code === 'CLOSED' && !this.isOpen) ||
      (code === 'TIMEOUT' && this.wasStill(this.#state.clock.now() - 12_000))
    );
  }

  /** Whether the server could not reach the log at some time since `since`. */
  wasUnsure(since: number): boolean {
    return this.unsureUntil >= since;
  }

  take(stream: Duplex, isRecords: boolean): void {
    if (isRecords) this.#tcp.take(stream);
    else this.http.emit('connection', stream);
  }

  get isPaused(): boolean {
    return this.#stillTo === Number.POSITIVE_INFINITY && this.isLiving;
  }

  /** Pauses the server's timers until `resume`. */
  pause(): void {
    if (!this.isPaused) this.#stillFrom = this.#state.clock.now();
    this.#stillTo = Number.POSITIVE_INFINITY;
    this.clock.pause();
  }

  resume(): void {
    this.#stillTo = this.#state.clock.now();
    this.clock.resume();
  }

  /** Kills the server: everything in its memory is gone at once. */
  kill(): void {
    this.#isDead = true;
    this.line.break();
    this.clock.kill();
  }

  /** Closes the server in order. */
  async close(isDrained: boolean): Promise<void> {
    this.#isClosing = true;
    if (isDrained) await this.io.drain({ withinMs: 3_000 });
    if (this.#isDead) return;
    await this.io.close();
    await this.line.backplane.close();
  }

  /** Checks that nothing of the ended server remains. */
  expectNothingLeft(): void {
    let count = 0;
    for (const { sockets, adapter } of this.io._nsps.values()) count += sockets.size + adapter.rooms.size;
    const { clientsCount } = this.io.engine;
    if (count + clientsCount > 0)
      throw new Violation(
        `server ${this.id} has ended with ${clientsCount} sessions and ${count} sockets and rooms left`,
      );
    if (this.line.followerCount > 0) throw new Violation(`server ${this.id} has ended, but still follows the log`);
    if (this.clock.pendingCount > 0)
      throw new Violation(`server ${this.id} has ended with ${this.clock.pendingCount} timers left`);
    this.kill();
  }

  /** Emits an event to rooms, records it, and returns its id. */
  emit(name: string, rooms: readonly string[], except: readonly string[], payload: readonly unknown[]): string {
    const { truth } = this.#state;
    const id = truth.nextId();
    truth.emit({ id, namespace: name, rooms, except, print: fingerprint(payload), node: this.id });
    const target = this.io.of(name).except([...except]);
    (rooms.length > 0 ? target.to([...rooms]) : target).emit('n', id, ...payload);
    return id;
  }

  /** Emits a random event to a random target. */
  emitRandomly(dice: number, namespace?: string): void {
    const random = new SeededRandom(dice);
    const name = namespace ?? random.pick(['/', '/', '/chat']);
    const all = [...HOME_ROOMS, ...SIDE_ROOMS];
    const rooms = random.chance(0.4) ? [] : all.filter(() => random.chance(0.35));
    const except = random.chance(0.15) ? [random.pick(HOME_ROOMS)] : [];
    this.emit(name, rooms, except, payloadOf(random));
  }

  /** Emits a volatile event. */
  emitVolatile(dice: number, namespace?: string): void {
    const random = new SeededRandom(dice);
    const pick = (): string => namespace ?? random.pick(NAMESPACES);
    this.io.of(pick()).volatile.emit('v', this.#state.truth.nextId(), 'a string at the end');
    this.#emitBeside(random, pick());
    this.#actOnAll(random, pick());
  }

  /** Makes sockets of all servers join or leave a room, and asks them something. */
  #actOnAll(random: SeededRandom, name: string): void {
    const room = random.pick(HOME_ROOMS);
    this.direct(name, room, random);
    const target = this.io.of(name).in(room).timeout(2_000);
    // A server that stands still asks its own clients late, and the others in time.
    if (!this.isPaused) target.emit('q', this.#state.truth.nextId(), () => undefined);
  }

  /** Makes sockets of all servers join or leave the directed room, up to three times a turn. Events show the places. */
  direct(name: string, room: string, random: SeededRandom): void {
    const nsp = this.io.of(name);
    this.emit(name, [DIRECTED_ROOM], [], payloadOf(random));
    for (let count = random.chance(0.7) ? 1 : random.integer(2, 3); count > 0; count -= 1) {
      const isIn = random.chance(0.6);
      // All that are in the directed room leave it, wherever they are.
      const target = isIn || random.chance(0.5) ? room : DIRECTED_ROOM;
      nsp.in(target)[isIn ? 'socketsJoin' : 'socketsLeave'](DIRECTED_ROOM);
      const deed = { place: this.#place(name), target, room: DIRECTED_ROOM, isIn };
      const writtenBy = this.emit(name, [DIRECTED_ROOM], [], payloadOf(random));
      // With remote calls, the log says where the change took effect.
      if (coreOf(nsp as object as Namespace).reach.calls) continue;
      this.#state.truth.of(name).directed.push({ ...deed, reached: new Set(nsp.sockets.keys()), writtenBy });
    }
  }

  /** Puts a socket of any server out. */
  kickFromAfar(namespace: string, socketId: string, isClose: boolean): string {
    const { truth } = this.#state;
    const id = truth.nextId();
    truth.emit({ id, namespace, rooms: [socketId], except: [], print: fingerprint([socketId]), node: this.id });
    const target = this.io.of(namespace).to(socketId);
    target.emit('bye', id, socketId);
    target.disconnectSockets(isClose);
    return id;
  }

  /** Emits an event that no log keeps, and asks a question. Both have their place among the events of this server. */
  #emitBeside(random: SeededRandom, name: string): void {
    const { truth } = this.#state;
    const room = random.pick(HOME_ROOMS);
    this.emit(name, [room], [], payloadOf(random));
    const [local, question] = [truth.nextId(), truth.nextId()];
    this.io.of(name).local.to(room).emit('l', local);
    this.#say(name, local);
    this.emit(name, [room], [], payloadOf(random));
    const target = this.io.of(name).local.to(room).timeout(2_000);
    target.emit('q', question, () => undefined);
    this.#say(name, question);
  }

  /**
   * Puts a socket out, after a last event. Gives the id of that event, if the client has to get it. The socket leaves
   * without it when the oldest flight is overdue (rule R6).
   */
  kick(namespace: string, socket: Socket, isClose: boolean): string | undefined {
    const nsp = this.io.of(namespace) as object as Namespace;
    const isLate = this.isLate(namespace, socket.id);
    const id = this.#mark(nsp, socket, 'bye', socket.id);
    socket.disconnect(isClose);
    return isLate || this.#isHasty(coreOf(nsp)) ? undefined : id;
  }

  #serve(namespace: Namespace, middleware: Middleware | undefined): void {
    const subscribe = ({ id }: Socket, room: string) => this.#state.truth.ask(id, room, this.#place(namespace.name));
    namespace.allow({ subscribe, history: true });
    if (middleware) namespace.use(middleware);
    const presence = namespace.presence('lobby', { announce: true });
    namespace.on('connection', (socket) => {
      const { client, rooms } = socket.handshake.query;
      const { lostAt, leftLate, clock, truth } = this.#state;
      const { attendances, late } = truth;
      for (const each of [lostAt, leftLate]) each.delete(socket.id);
      const { handedOut: from, at } = this.#place(namespace.name);
      if (this.isLiving) attendances.begin(socket.id, this.id, from, at, late.lostBefore(socket.id, this.id));
      socket.on('disconnecting', (_reason, description) => {
        if (this.isLate(namespace.name, socket.id)) leftLate.add(socket.id);
        if (!String(description).includes('another connection'))
          attendances.end(socket.id, this.id, this.#place(namespace.name).handedOut);
        else if (late.lostBefore(socket.id, this.id)) attendances.forget(socket.id, this.id);
      });
      socket.on('disconnect', () => this.isLiving && lostAt.set(socket.id, clock.elapsed));
      this.#guard(() => {
        this.#greet(namespace, socket, String(client), String(rooms ?? ''));
        presence.join(socket, { id: String(client) });
      });
      const on = (event: string, listener: (...args: unknown[]) => void): void => {
        socket.on(event, (...args: unknown[]) => this.#guard(() => listener(...args)));
      };
      on('op', (number, ack) => this.#onOp(namespace, socket, Number(number), ack));
      on('say', (number) => this.#state.deeds.onSaid(String(client), Number(number)));
      on('enter', (room, seen) => this.#enter(namespace, socket, String(room), seen));
      on('exit', (room, seen) => this.#exit(namespace, socket, String(room), seen));
      on('shout', (room, ack) => {
        const rooms = [String(room)];
        (ack as (id: string) => void)(this.emit(namespace.name, rooms, [socket.id], payloadOf(this.#random)));
      });
      on('mood', (state) => void presence.update(socket, state));
    });
  }

  #greet(namespace: Namespace, socket: Socket, client: string, rooms: string): void {
    const data = socket.data as { client?: string };
    if (socket.recovered) {
      if (data.client !== client)
        throw new Violation(`${client} was recovered with the data of ${String(data.client)}`);
      return;
    }
    data.client = client;
    if (rooms !== '') socket.join(rooms.split(','));
    const place = this.#place(namespace.name);
    this.#state.truth.greet(socket.id, { client, place, id: this.#mark(namespace, socket, 'hello', socket.id) });
  }

  /** Tells a socket something, in its place among the events. */
  #mark(namespace: Namespace, socket: Socket, event: string, about: string): string {
    const { truth } = this.#state;
    const id = truth.nextId();
    const print = fingerprint([about]);
    truth.emit({ id, namespace: namespace.name, rooms: [socket.id], except: [], print, node: this.id });
    socket.emit(event, id, about);
    return id;
  }

  /** The place of an operation that the program has just carried out. */
  #place(namespace: string): Place {
    const { log } = coreOf(this.io.of(namespace) as object as Namespace);
    // A server that could not reach the log yet will begin at its end.
    const handedOut = log?.beginning ? this.#state.truth.of(namespace).end : (decodeOffset(log?.offset) ?? 0);
    return { node: this.id, namespace, handedOut, given: this.line.givenTo(namespace), at: this.#state.clock.now() };
  }

  /** Has it noted that the program says something besides the log. Call it right after. */
  #say(namespace: string, word: string): void {
    const { truth, clock } = this.#state;
    const core = coreOf(this.io.of(namespace) as object as Namespace);
    if (this.#isHasty(core)) return;
    const late = new Set<string>();
    const noteLate = (): void => {
      for (const member of core.members.members.values()) if (member.lag) late.add(member.id);
    };
    noteLate();
    // A gap in the log makes readers of all members, and the word is on its way by then.
    core.inOrder(noteLate);
    truth.say(word, { place: this.#place(namespace), at: clock.now(), late });
  }

  /** Whether flights are overdue. A server that stands still has such flights when it goes on. */
  #isHasty({ log }: NamespaceCore): boolean {
    return this.#state.clock.now() - this.#stillTo < 1_000 || log?.fences.isOverdue === true;
  }

  /** Whether a socket of this server reads late. */
  isLate(namespace: string, socketId: string): boolean {
    return coreOf(this.io.of(namespace) as object as Namespace).members.members.get(socketId)?.lag !== undefined;
  }

  #enter(namespace: Namespace, socket: Socket, room: string, seen: unknown): void {
    const { truth } = this.#state;
    if (socket.rooms.has(room)) return;
    socket.join(room);
    const entered = this.#place(namespace.name);
    const enteredBy = this.#mark(namespace, socket, 'entered', room);
    const mayFrom = truth.sequenceOf(String(seen)) ?? 0;
    const mustTo = Number.POSITIVE_INFINITY;
    truth.enter(socket.id, { room, entered, left: undefined, mayFrom, enteredBy, mustTo, leftBy: undefined });
  }

  #exit(namespace: Namespace, socket: Socket, room: string, seen: unknown): void {
    const { truth } = this.#state;
    const stay = truth.staysOf(socket.id).findLast((each) => each.room === room && each.leftBy === undefined);
    if (!socket.rooms.has(room) || !stay) return;
    socket.leave(room);
    stay.left = this.#place(namespace.name);
    stay.mustTo = truth.sequenceOf(String(seen)) ?? 0;
    stay.leftBy = this.#mark(namespace, socket, 'exited', room);
  }

  #onOp(namespace: Namespace, socket: Socket, number: number, ack: unknown): void {
    const { deeds, clock } = this.#state;
    const sender = (socket.data as { client: string }).client;
    const answer = deeds.begin(sender, number, this.id, clock.now());
    if (typeof ack !== 'function') throw new Violation(`${sender}: number ${number} came without an acknowledgement`);
    const give = (): void => {
      if (!this.isLiving) return;
      deeds.answer(answer, clock.now());
      ack(answer);
      this.#say(namespace.name, answer);
    };
    const dice = this.#random.integer(0, 9);
    const rooms = HOME_ROOMS.slice(0, 2);
    if (dice < 3) deeds.emit(answer, this.emit(namespace.name, rooms, [socket.id], payloadOf(this.#random)));
    if (dice < 6) give();
    else this.clock.setTimeout(give, this.#random.pick([1, 50, 400, 6_000]), undefined);
  }

  #guard(run: () => void): void {
    try {
      if (this.isLiving) run();
    } catch (error) {
      this.#state.fail(error);
    }
  }

  /** Returns the members of all rooms, as this server sees them. */
  async presence(name: string): Promise<readonly PresenceMember[]> {
    return this.io.of(name).presence('lobby').list();
  }
}
