/** A socket: the membership of one session in one namespace, and what an application holds of a client. */
import type { EventName } from '../../base/emitter.js';
import { type ConfigError, type ProtocolError, UnavailableError } from '../../base/errors.js';
import type { DefaultEventsMap, Untyped } from '../../base/event-map.js';
import { PacketType, type SocketPacket } from '../../protocol/socket-io/packet.js';
import type { EngineRequest } from '../../session/handshake-request.js';
import type { Session } from '../../session/session.js';
import { BroadcastOperator, checkKey, toList } from '../broadcast.js';
import { isOneUnit, tellGap } from '../log/socket-reader.js';
import type { Gap, RecoveredState } from '../recovery/recovery.js';
import type { Auth, Flags, Room, SocketId, Target } from '../target.js';
import { type AckListener, type Acks, createAnswer } from './acks.js';
import { createHandshake, type Handshake } from './handshake.js';
import { ReceivingSocket } from './receiving-socket.js';
import { checkEventName, isOwnEvent } from './reserved.js';
import { type DisconnectReason, RECOVERABLE, type SocketClient, type SocketScope } from './socket-scope.js';

const NO_FLAGS: Flags = Object.freeze({});
const NO_ROOMS: ReadonlySet<Room> = new Set();
const ignore = (): void => undefined;

/** Where a socket is in its life: `pending` until its middleware has passed, `leaving` while `disconnecting` is emitted. */
type State = 'pending' | 'connected' | 'leaving' | 'closed';

/**
 * A socket. Guarantees: events of its client arrive in order, each at most once; what it emits leaves in order. After `disconnect`
 * was emitted nothing arrives any more.
 */
export class Socket extends ReceivingSocket {
  /** The socket's id, which is also the name of its own room. */
  readonly id: SocketId;
  /** The namespace. */
  readonly nsp: SocketScope<Socket>;
  /** The connection that carries it, shared by the sockets of one client. */
  readonly client: SocketClient<Socket>;
  /** Whether it continues an earlier session: same id, rooms and data, and missed events follow. */
  readonly recovered: boolean;
  isInOwnRoom = false;
  joinedRooms: Set<Room> | undefined = undefined;
  readonly #auth: Auth;
  readonly #issuedAt: number;
  #state: State = 'pending';
  #flags: Flags | undefined = undefined;
  #acks: Acks | undefined = undefined;
  #data: unknown = undefined;
  #handshake: Handshake | undefined = undefined;
  #pid: string | undefined = undefined;

  constructor(nsp: SocketScope<Socket>, client: SocketClient<Socket>, auth: Auth, state: RecoveredState | undefined) {
    super();
    this.nsp = nsp;
    this.client = client;
    this.recovered = state !== undefined;
    this.#auth = auth;
    this.#issuedAt = nsp.clock.now();
    if (state) {
      this.id = state.id;
      this.#data = state.data;
    } else if (client.conn.protocol === 3) {
      // Clients of Socket.IO 2 derive their id from the session's.
      this.id = nsp.name === '/' ? client.conn.id : `${nsp.name}#${client.conn.id}`;
    } else {
      this.id = nsp.createId();
    }
  }

  /** Whether events can flow. */
  get connected(): boolean {
    return this.#state === 'connected' || this.#state === 'leaving';
  }

  /** Whether it ended, for whatever reason. Not for applications. */
  get isOver(): boolean {
    return this.#state === 'closed';
  }

  /** The opposite of `connected`. */
  get disconnected(): boolean {
    return !this.connected;
  }

  /** The session. */
  get conn(): Session {
    return this.client.conn;
  }

  /** The HTTP request that opened the session. */
  get request(): EngineRequest {
    return this.client.conn.request;
  }

  /** The details of the handshake. */
  get handshake(): Handshake {
    this.#handshake ??= createHandshake(this.client.conn.handshake, this.#issuedAt, this.#auth ?? {});
    return this.#handshake;
  }

  /** Anything the application wants to keep with the socket; `fetchSockets` shows it and recovery restores it. */
  get data(): unknown {
    this.#data ??= {};
    return this.#data;
  }

  set data(data: unknown) {
    this.#data = data;
  }

  /** The rooms it is in, its own included. */
  get rooms(): Set<Room> {
    return this.nsp.members.roomsOf(this);
  }

  /** The server. */
  get server(): unknown {
    return this.nsp.server;
  }

  /**
   * Sends an event to the client. When the last argument is a function it is called with the client's acknowledgement, with an error
   * first after `timeout`. Throws ConfigError for a reserved name and for data that cannot be encoded. Gives `false` where the policy for
   * slow readers is `hold` and more waits for the client than its budget: wait for `drained` then.
   */
  emit(name: EventName, ...args: unknown[]): boolean {
    checkEventName(name);
    const flags = this.#takeFlags();
    const packet: SocketPacket = { type: PacketType.EVENT, nsp: this.nsp.name, data: [name, ...args] };
    const last = args.at(-1);
    if (typeof last === 'function') {
      packet.data = [name, ...args.slice(0, -1)];
      packet.id = this.nsp.createAckId();
      this.expectAck(packet.id, last as AckListener, flags.timeout);
    }
    if (this.nsp.log) {
      this.nsp.broadcast(packet, { rooms: new Set([this.id]), except: NO_ROOMS, flags });
    } else {
      this.notifyOutgoing(packet.data as readonly unknown[]);
      if (this.isBudgeted) this.nsp.sendTo(this, packet, flags);
      else this.sendPacket(packet, flags);
    }
    return this.acceptsMore;
  }

  /** Sends an event and resolves with the acknowledgement; rejects after `timeout` where one was set. */
  emitWithAck(name: EventName, ...args: unknown[]): Promise<unknown> {
    const hasTimeout = this.#flags?.timeout !== undefined;
    return new Promise((resolve, reject) => {
      this.emit(name, ...args, (first: unknown, second: unknown) => {
        if (hasTimeout && first) reject(first);
        else resolve(hasTimeout ? second : first);
      });
    });
  }

  /** Sends a `message` event. */
  send(...args: unknown[]): this {
    this.emit('message', ...args);
    return this;
  }

  /** Same as `send`. */
  write(...args: unknown[]): this {
    return this.send(...args);
  }

  /** The next event asks for its acknowledgement within so many milliseconds. */
  timeout(timeoutMs: number): this {
    return this.#flag({ timeout: timeoutMs });
  }

  /** Whether the transport may compress the next event. */
  compress(compress: boolean): this {
    return this.#flag({ compress });
  }

  /** Of the events of one name that are sent with this key, only the newest matters to a client that is slow. See BroadcastOperator. */
  key(key: string): this {
    return this.#flag({ key: checkKey(key) });
  }

  /** The next event is dropped where the connection cannot take it at once. */
  get volatile(): this {
    return this.#flag({ volatile: true });
  }

  /** Everybody in the namespace but this socket. */
  get broadcast(): BroadcastOperator<DefaultEventsMap, Untyped> {
    return this.#others();
  }

  /** Everybody else of this node. */
  get local(): BroadcastOperator<DefaultEventsMap, Untyped> {
    return this.#others().local;
  }

  /** Everybody in the room, or rooms, but this socket. */
  to(room: Room | readonly Room[]): BroadcastOperator<DefaultEventsMap, Untyped> {
    return this.#others().to(room);
  }

  /** Same as `to`. */
  in(room: Room | readonly Room[]): BroadcastOperator<DefaultEventsMap, Untyped> {
    return this.to(room);
  }

  /** Everybody in the namespace but this socket and the room, or rooms. */
  except(room: Room | readonly Room[]): BroadcastOperator<DefaultEventsMap, Untyped> {
    return this.#others().except(room);
  }

  /** Joins rooms. A socket that is in as many as it may be is disconnected by one more; the details of `disconnect` say so. */
  join(rooms: Room | readonly Room[]): void {
    if (this.#state === 'closed') return;
    this.nsp.settle();
    this.#join(toList(rooms));
    if (!this.isOver && this.#pid !== undefined) this.nsp.recovery?.touch(this.#pid);
  }

  #join(rooms: Iterable<Room>): void {
    const { members } = this.nsp;
    for (const room of rooms) {
      // A listener of the rooms may have ended it.
      if (this.isOver) return;
      if (!members.isOpenTo(this, room)) {
        // Programs join what clients name, and would not catch what was thrown: it would end all of them.
        this.#leave(members.overfull());
        return;
      }
      members.join(this, room);
    }
  }

  /** Leaves rooms. */
  leave(rooms: Room | readonly Room[]): void {
    this.nsp.settle();
    for (const room of toList(rooms)) this.nsp.members.leave(this, room);
    if (this.#pid !== undefined) this.nsp.recovery?.touch(this.#pid);
  }

  /** Leaves all rooms, its own too. */
  leaveAll(): void {
    this.leave([...this.rooms]);
  }

  /** Ends the membership; with `close` the whole connection, and with it the client's other namespaces. */
  disconnect(close = false): this {
    if (this.#state === 'closed') return this;
    if (close) this.client.disconnect();
    else this.#leave(undefined);
    return this;
  }

  #leave(why: ConfigError | undefined): void {
    if (this.#state === 'leaving') return;
    this.release();
    this.sendPacket({ type: PacketType.DISCONNECT, nsp: this.nsp.name }, NO_FLAGS);
    this.finish('server namespace disconnect', why);
  }

  /** Called by the namespace when the middleware has passed: the client is told and can send. */
  enter(state: RecoveredState | undefined, gap: Gap | undefined): void {
    this.#state = 'connected';
    this.nsp.settle();
    if (this.client.isRecoverable) this.#pid = this.nsp.recovery?.begin(this, state, this.#auth?.offset);
    else this.nsp.watchPlain();
    // What is sent from here on comes behind what was missed.
    if (state) this.holdFrom(state.after);
    this.nsp.members.add(this);
    if (state) this.#join(state.rooms);
    if (this.isOver) return;
    if (isOneUnit(this.conn)) this.readOn();
    this.client.welcome(this, this.#pid);
    if (gap) tellGap(this, gap.after, gap.before);
    if (state) this.readOn();
  }

  /** Called by the namespace instead of `enter` for a client that comes for one request: it is in no room, not even its own. */
  visit(): void {
    this.#state = 'connected';
    this.client.welcome(this, undefined);
  }

  /** Called by the connection with a packet for this socket. */
  onPacket(packet: SocketPacket): void {
    if (this.isHeldBack(packet)) return;
    switch (packet.type) {
      case PacketType.EVENT:
      case PacketType.BINARY_EVENT: {
        const event = packet.data as [string, ...unknown[]];
        const ack = packet.id === undefined ? undefined : createAnswer(this, packet.nsp, packet.id);
        if (isOwnEvent(event[0]) && this.nsp.answer(this, event, ack ?? ignore)) return;
        if (ack) event.push(ack);
        this.dispatch(event);
        return;
      }
      case PacketType.ACK:
      case PacketType.BINARY_ACK:
        if (packet.id !== undefined) this.#acks?.receive(packet.id, packet.data as readonly unknown[]);
        return;
      case PacketType.DISCONNECT:
        this.finish('client namespace disconnect', undefined);
        return;
    }
  }

  #keep(pid: string): void {
    const { recovery, presences } = this.nsp;
    recovery?.keep(pid, this.rooms, this.#data, presences.heldBy(this.id));
  }

  /** Tells listeners of `error`, if there are any, that the client broke a rule. Called by the connection. */
  report(error: ProtocolError): void {
    if (this.connected) this.tell('error', error);
  }

  /** Ends the socket, whatever the reason; the second time nothing happens. */
  finish(reason: DisconnectReason, description: unknown): void {
    if (this.#state === 'closed' || this.#state === 'leaving') return;
    const wasConnected = this.#state === 'connected';
    this.nsp.settle();
    if (wasConnected) {
      this.#state = 'leaving';
      this.tell('disconnecting', reason, description);
    }
    if (this.#pid !== undefined) {
      if (RECOVERABLE.has(reason)) this.#keep(this.#pid);
      else this.nsp.recovery?.forget(this.#pid);
    }
    this.#state = 'closed';
    this.endReceiving(reason, description);
    this.client.remove(this, reason);
    this.nsp.remove(this, RECOVERABLE.has(reason));
    if (wasConnected) this.tell('disconnect', reason, description);
  }

  /** Another connection took over the session. Called by recovery. */
  supersede(): void {
    this.#pid = undefined;
    this.finish('transport close', new UnavailableError('DISCONNECTED', 'the client came back on another connection'));
    this.client.conn.close(true);
  }

  /** Waits for an acknowledgement. Called by broadcasts too. */
  expectAck(id: number, listener: AckListener, timeoutMs: number | undefined): void {
    this.#acks ??= this.nsp.createAcks();
    this.#acks.expect(id, listener, timeoutMs);
  }

  /** Nobody waits for an acknowledgement any more. Called by broadcasts whose time is over. */
  forgetAck(id: number): void {
    this.#acks?.forget(id);
  }

  /** Sends one packet. */
  sendPacket(packet: SocketPacket, flags: Flags): void {
    if (this.#state !== 'closed') this.client.write(packet, flags);
  }

  protected override watchOutgoing(): void {
    this.nsp.watchOutgoing();
  }

  #flag(flags: Flags): this {
    this.#flags = Object.assign({}, this.#flags, flags);
    return this;
  }

  #takeFlags(): Flags {
    const flags = this.#flags ?? NO_FLAGS;
    this.#flags = undefined;
    return flags;
  }

  #others(): BroadcastOperator<DefaultEventsMap, Untyped> {
    const target: Target = { rooms: NO_ROOMS, except: new Set([this.id]), flags: this.#takeFlags() };
    return new BroadcastOperator(this.nsp.scope, target);
  }
}
