/** The inside of a socket: its life, its rooms, what it sends and what it receives. */
import type { Offset } from '../../backplane/backplane.js';
import type { EventName } from '../../base/emitter.js';
import { type ConfigError, type ProtocolError, UnavailableError } from '../../base/errors.js';
import { attempt, throwLater } from '../../base/uncaught.js';
import { PacketType, type SocketPacket } from '../../protocol/socket-io/packet.js';
import type { EncodedPacket } from '../../transport/encoded-packet.js';
import type { BroadcastScope } from '../broadcast.js';
import type { NamespaceLog } from '../log/namespace-log.js';
import { isOneUnit, tellGap } from '../log/socket-reader.js';
import type { PresentAs } from '../presence/roster.js';
import type { Gap, RecoveredState, Recovery } from '../recovery/recovery.js';
import type { Rooms } from '../rooms.js';
import type { DrainedOptions } from '../slow-readers/drain-waits.js';
import type { Lag } from '../slow-readers/lag.js';
import type { ActivePolicy } from '../slow-readers/policy.js';
import type { Auth, Flags, Room, SocketId } from '../target.js';
import type { AckListener, Acks } from './acks.js';
import { type DisconnectReason, RECOVERABLE } from './disconnect-reason.js';
import { Interceptors } from './interceptors.js';
import type { Reception } from './reception.js';
import { isOwnEvent } from './reserved.js';
import { callListeners, type Member, type MemberClient, Socket } from './socket.js';

/** What a member needs of its namespace. */
export interface MemberNamespace extends BroadcastScope<Socket> {
  /** The namespace that the application holds. */
  readonly api: { readonly name: string };
  readonly server: unknown;
  /** When it was made. */
  readonly beganAt: number;
  readonly members: Rooms<Member>;
  readonly recovery: Recovery | undefined;
  /** The log, where there is one. */
  readonly log: NamespaceLog | undefined;
  /** How its members receive. */
  readonly reception: Reception;
  readonly presences: {
    /** How a member is present, for the time when it comes back. */
    heldBy(id: SocketId): readonly PresentAs[] | undefined;
  };
  createId(): SocketId;
  createAckId(): number;
  createAcks(): Acks;
  /** Carries out postponed broadcasts. */
  settle(): void;
  /** Sends to one member alone, by the policy of the namespace. */
  sendTo(member: Member, packet: SocketPacket, flags: Flags): void;
  watchOutgoing(): void;
  /** A client of a plain wire entered. */
  watchPlain(): void;
  /** Answers an event of Naru's own; `false` when there is none of that name. */
  answer(member: Member, event: readonly unknown[], ack: (...args: unknown[]) => void): boolean;
  /** A member has left; with `isLost` it may come back. */
  remove(member: Member, isLost: boolean): void;
}

const NO_FLAGS: Flags = Object.freeze({});
const NO_ROOMS: ReadonlySet<Room> = new Set();
const ignore = (): void => undefined;

/** Packets that are held back; a client that sends more meanwhile is disconnected. */
const HELD_MAX = 1_000;

/** Where a member is in its life: `pending` until its middleware has passed, `leaving` while `disconnecting` is emitted. */
type State = 'pending' | 'connected' | 'leaving' | 'closed';

/** A member of a namespace, which makes the socket that applications hold. */
export class Membership implements Member {
  readonly id: SocketId;
  readonly socket: Socket;
  readonly namespace: MemberNamespace;
  readonly client: MemberClient;
  readonly isRecovered: boolean;
  readonly auth: Auth;
  isInOwnRoom = false;
  joinedRooms: Set<Room> | undefined = undefined;
  data: unknown = undefined;
  lag: Lag | undefined = undefined;
  interceptors: Interceptors | undefined = undefined;
  /** Milliseconds from the beginning of the namespace: a small number takes no memory of its own. */
  readonly #issuedAfterMs: number;
  #state: State = 'pending';
  #acks: Acks | undefined = undefined;
  #pid: string | undefined = undefined;

  constructor(namespace: MemberNamespace, client: MemberClient, auth: Auth, state: RecoveredState | undefined) {
    this.namespace = namespace;
    this.client = client;
    this.isRecovered = state !== undefined;
    this.auth = auth;
    this.#issuedAfterMs = namespace.clock.now() - namespace.beganAt;
    if (state) {
      this.id = state.id;
      this.data = state.data;
    } else if (client.conn.protocol === 3) {
      // Clients of Socket.IO 2 derive their id from the session's.
      this.id = namespace.name === '/' ? client.conn.id : `${namespace.name}#${client.conn.id}`;
    } else {
      this.id = namespace.createId();
    }
    this.socket = new Socket(this);
  }

  get issuedAt(): number {
    return this.namespace.beganAt + this.#issuedAfterMs;
  }

  get connected(): boolean {
    return this.#state === 'connected' || this.#state === 'leaving';
  }

  get isOver(): boolean {
    return this.#state === 'closed';
  }

  get rooms(): Set<Room> {
    return this.namespace.members.roomsOf(this);
  }

  get waitingBytes(): number {
    return this.client.conn.bufferedBytes + (this.lag?.bytes ?? 0);
  }

  get awaitsSpace(): boolean {
    return this.namespace.reception.awaitsSpace(this);
  }

  get isOverBudget(): boolean {
    return this.namespace.reception.isOverBudget(this);
  }

  drained(options?: DrainedOptions): Promise<boolean> {
    return this.namespace.reception.drained(this, options);
  }

  emit(name: EventName, args: readonly unknown[], flags: Flags): boolean {
    const { namespace } = this;
    const packet: SocketPacket = { type: PacketType.EVENT, nsp: namespace.name, data: [name, ...args] };
    const last = args.at(-1);
    if (typeof last === 'function') {
      packet.data = [name, ...args.slice(0, -1)];
      packet.id = namespace.createAckId();
      this.expectAck(packet.id, last as AckListener, flags.timeout);
    }
    if (namespace.log) {
      namespace.broadcast(packet, { rooms: new Set([this.id]), except: NO_ROOMS, flags });
    } else {
      this.notifyOutgoing(packet.data as readonly unknown[]);
      if (namespace.reception.isBudgeted(this)) namespace.sendTo(this, packet, flags);
      else this.sendPacket(packet, flags);
    }
    return namespace.reception.acceptsMore(this);
  }

  sendPacket(packet: SocketPacket, flags: Flags): void {
    if (this.#state !== 'closed') this.client.write(packet, flags);
  }

  sendEncoded(packets: readonly EncodedPacket[], isVolatile: boolean, policy?: ActivePolicy): void {
    // Middleware can put a member into rooms that has not entered yet, and may never.
    if (this.connected) this.namespace.reception.send(this, packets, isVolatile, policy);
  }

  sendLogged(packets: readonly EncodedPacket[], previous: Offset, policy?: ActivePolicy): void {
    if (this.connected) this.namespace.reception.sendLogged(this, packets, previous, policy);
  }

  readFrom(after: Offset): void {
    this.namespace.reception.readFrom(this, after);
  }

  holdFrom(after: Offset): Offset {
    return this.namespace.reception.holdFrom(this, after);
  }

  readOn(): void {
    this.namespace.reception.readOn(this);
  }

  onSpace(): void {
    this.namespace.reception.onSpace(this);
  }

  join(rooms: readonly Room[]): void {
    if (this.#state === 'closed') return;
    this.namespace.settle();
    this.#join(rooms);
    if (!this.isOver && this.#pid !== undefined) this.namespace.recovery?.touch(this.#pid);
  }

  #join(rooms: Iterable<Room>): void {
    const { members } = this.namespace;
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

  leave(rooms: readonly Room[]): void {
    this.namespace.settle();
    for (const room of rooms) this.namespace.members.leave(this, room);
    if (this.#pid !== undefined) this.namespace.recovery?.touch(this.#pid);
  }

  disconnect(close: boolean): void {
    if (this.#state === 'closed') return;
    if (close) this.client.disconnect();
    else this.#leave(undefined);
  }

  #leave(why: ConfigError | undefined): void {
    if (this.#state === 'leaving') return;
    this.lag?.release();
    this.sendPacket({ type: PacketType.DISCONNECT, nsp: this.namespace.name }, NO_FLAGS);
    this.finish('server namespace disconnect', why);
  }

  /** Enters the namespace when the middleware has passed: the client is told and can send. */
  enter(state: RecoveredState | undefined, gap: Gap | undefined): void {
    const { namespace, client } = this;
    this.#state = 'connected';
    namespace.settle();
    if (client.isRecoverable) this.#pid = namespace.recovery?.begin(this, state, this.auth?.offset);
    else namespace.watchPlain();
    // What is sent from here on comes after what was missed.
    if (state) this.holdFrom(state.after);
    namespace.members.add(this);
    if (state) this.#join(state.rooms);
    if (this.isOver) return;
    if (isOneUnit(client.conn)) this.readOn();
    client.welcome(this, this.#pid);
    if (gap) tellGap(this, gap.after, gap.before);
    if (state) this.readOn();
  }

  /** Takes the place of `enter` for a client that comes for one request: it is in no room, not even its own. */
  visit(): void {
    this.#state = 'connected';
    this.client.welcome(this, undefined);
  }

  onPacket(packet: SocketPacket): void {
    if (this.#isHeldBack(packet)) return;
    switch (packet.type) {
      case PacketType.EVENT:
      case PacketType.BINARY_EVENT: {
        const event = packet.data as [string, ...unknown[]];
        const ack = packet.id === undefined ? undefined : createAnswer(this, packet.nsp, packet.id);
        if (isOwnEvent(event[0]) && this.namespace.answer(this, event, ack ?? ignore)) return;
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

  dispatch(event: [name: string, ...args: unknown[]], onUnheard?: () => void): void {
    if (this.interceptors) this.interceptors.pass(event, onUnheard);
    else this.deliver(event, onUnheard);
  }

  /** Gives an event to its own listeners. */
  deliver(event: readonly unknown[], onUnheard: (() => void) | undefined): void {
    if (!this.connected || !callListeners(this.socket, event[0] as string, event.slice(1))) onUnheard?.();
  }

  /** Tells that middleware has stopped an event. As in Node, an error without a listener is not swallowed. */
  fail(error: Error): void {
    if (!callListeners(this.socket, 'error', [error])) throwLater(error);
  }

  intercept(): Interceptors {
    this.interceptors ??= new Interceptors(this);
    return this.interceptors;
  }

  watchOutgoing(): void {
    this.namespace.watchOutgoing();
  }

  notifyOutgoing(args: readonly unknown[]): void {
    this.interceptors?.showOutgoing(args);
  }

  hold(): () => void {
    const interceptors = this.intercept();
    interceptors.held = [];
    return () => {
      const packets = interceptors.held ?? [];
      interceptors.held = undefined;
      // One of them may hold back the later ones again.
      for (const packet of packets) if (this.connected) attempt(() => this.onPacket(packet));
    };
  }

  /** Whether a packet has to wait, and does so from now on. */
  #isHeldBack(packet: SocketPacket): boolean {
    const held = this.interceptors?.held;
    if (!held) return false;
    if (held.push(packet) > HELD_MAX) this.disconnect(true);
    return true;
  }

  report(error: ProtocolError): void {
    if (this.connected) this.#tell('error', [error]);
  }

  finish(reason: DisconnectReason, description: unknown): void {
    if (this.#state === 'closed' || this.#state === 'leaving') return;
    const { namespace } = this;
    const wasConnected = this.#state === 'connected';
    namespace.settle();
    if (wasConnected) {
      this.#state = 'leaving';
      this.#tell('disconnecting', [reason, description]);
    }
    if (this.#pid !== undefined) {
      const { recovery, presences } = namespace;
      if (RECOVERABLE.has(reason)) recovery?.keep(this.#pid, this.rooms, this.data, presences.heldBy(this.id));
      else recovery?.forget(this.#pid);
    }
    this.#state = 'closed';
    namespace.reception.end(this, reason, description);
    this.client.remove(this, reason);
    namespace.remove(this, RECOVERABLE.has(reason));
    if (wasConnected) this.#tell('disconnect', [reason, description]);
  }

  supersede(): void {
    this.#pid = undefined;
    this.finish('transport close', new UnavailableError('DISCONNECTED', 'the client came back on another connection'));
    this.client.conn.close(true);
  }

  expectAck(id: number, listener: AckListener, timeoutMs: number | undefined): void {
    this.#acks ??= this.namespace.createAcks();
    this.#acks.expect(id, listener, timeoutMs);
  }

  forgetAck(id: number): void {
    this.#acks?.forget(id);
  }

  /** Calls listeners of the application; what they throw does not stop the caller. */
  #tell(name: string, args: readonly unknown[]): void {
    attempt(callListeners, this.socket, name, args);
  }
}

/** The function by which a listener answers the event `id`; only its first call counts. */
function createAnswer(member: Membership, nsp: string, id: number): (...args: unknown[]) => void {
  let isAnswered = false;
  return (...args) => {
    if (isAnswered) return;
    isAnswered = true;
    member.sendPacket({ type: PacketType.ACK, nsp, id, data: args }, NO_FLAGS);
  };
}
