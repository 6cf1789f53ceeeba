/** The membership behind a socket: its state, its rooms, and the packets that it sends and receives. */
import type { Offset } from '../../backplane/backplane.js';
import type { EventName } from '../../base/emitter.js';
import { type ConfigError, type ProtocolError, UnavailableError } from '../../base/errors.js';
import { transitionOf } from '../../base/steps/machine.js';
import { attempt, ignore } from '../../base/uncaught.js';
import { PacketType, type SocketPacket } from '../../protocol/socket-io/packet.js';
import type { EncodedPacket } from '../../transport/encoded-packet.js';
import type { Auth, Flags, Room, SocketId } from '../event/target.js';
import { isOneUnit, tellGap } from '../log/reader/socket-reader.js';
import type { Gap, RecoveredState } from '../recovery/written-session.js';
import { NO_ROOMS, type OpenRooms, type PastRooms } from '../rooms.js';
import type { DrainedOptions } from '../slow-policies/drain-waits.js';
import type { Lag } from '../slow-policies/lag.js';
import { type ActivePolicy, hasGroups } from '../slow-policies/policy.js';
import { type DisconnectReason, RECOVERABLE } from '../socket/disconnect-reason.js';
import { Interceptors } from '../socket/interceptors.js';
import type { AckListener } from '../socket/member.js';
import { isOwnEvent } from '../socket/reserved.js';
import { callListeners, type Member, type MemberClient, Socket } from '../socket/socket.js';
import { newSocketId } from '../socket/socket-id.js';
import { noteLeft, noteRoom, tellAckIn, tellEmit, tellEventIn, tellJoined, tellLeft } from '../socket/socket-taps.js';
import { type Acks, createAnswer, NO_FLAGS } from './acks.js';
import type { MemberNamespace } from './member-namespace.js';
import { MEMBER, type MemberEvent, type MemberState } from './membership-table.js';
import { keepsUp } from './reception.js';

/** A member of a namespace. It creates the socket that the application holds. */
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
  pid: string | undefined = undefined;
  lag: Lag | undefined = undefined;
  interceptors: Interceptors | undefined = undefined;
  /** Milliseconds since the namespace was created. V8 stores a small number without a separate allocation. */
  readonly #issuedAfterMs: number;
  #state: MemberState = 'pending';
  /** Whether the client still gets what was emitted before it was put out: not while it reads what it missed. */
  #isParting = false;
  isExpelled = false;
  #acks: Acks | undefined = undefined;

  constructor(namespace: MemberNamespace, client: MemberClient, auth: Auth, state: RecoveredState | undefined) {
    this.namespace = namespace;
    this.client = client;
    [this.isRecovered, this.auth] = [state !== undefined, auth];
    this.#issuedAfterMs = namespace.clock.now() - namespace.beganAt;
    this.id = state?.id ?? newSocketId(namespace, client.conn);
    this.data = state?.data;
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

  get present(): RecoveredState['present'] {
    return this.namespace.presences.heldBy(this.id, true);
  }

  get effectiveRooms(): Set<Room> {
    return this.namespace.recipients.roomsOf(this);
  }

  findOpen(): OpenRooms {
    return this.namespace.recipients.openOf(this);
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
      // No other node has this socket.
      namespace.delivery.deliver(packet, { rooms: new Set([this.id]), except: NO_ROOMS, flags });
    } else {
      tellEmit(this, packet, flags);
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
    // Middleware can add a member to rooms before it has joined the namespace, and then refuse it.
    if (!this.connected && !this.#isParting) return;
    const isAtOnce = this.#isParting || (keepsUp(this, policy) && !hasGroups(policy));
    if (isAtOnce) this.client.sink.sendPackets(packets, isVolatile);
    else this.namespace.reception.send(this, packets, isVolatile, policy);
  }

  sendLogged(packets: readonly EncodedPacket[], previous: Offset, policy?: ActivePolicy): void {
    if (!this.connected && !this.#isParting) return;
    if (this.#isParting || keepsUp(this, policy)) this.client.sink.sendPackets(packets, false);
    else this.namespace.reception.sendLogged(this, packets, previous, policy);
  }

  readFrom(after: Offset): void {
    this.namespace.reception.readFrom(this, after);
  }

  holdFrom(after: Offset, isNamed = false): Offset {
    this.namespace.recipients.waiting.delete(this);
    return this.namespace.reception.holdFrom(this, after, isNamed);
  }

  readOn(past?: PastRooms): void {
    this.namespace.reception.readOn(this, past);
  }

  onSpace(): void {
    this.namespace.reception.onSpace(this);
  }

  join(rooms: readonly Room[], isPlaced = false): void {
    if (this.#state === 'closed') return;
    this.namespace.beforeJoin(rooms, isPlaced);
    this.#join(rooms, isPlaced);
    this.touch(rooms);
  }

  #join(rooms: Iterable<Room>, isPlaced: boolean): void {
    const { members } = this.namespace;
    for (const room of rooms) {
      // A listener of the rooms may have ended the membership.
      if (this.isOver) return;
      // Programs join rooms that clients name, and rarely catch errors. An error here would end the process.
      if (!members.isOpenTo(this, room)) return void this.#leave(members.overfull(), ignore);
      const isNew = !members.has(this, room);
      members.join(this, room);
      if (isNew) this.#changeRoom(room, true, isPlaced);
    }
  }

  /** A room was entered or left. Programs see that at once. Events see it after those that were emitted before. */
  #changeRoom(room: Room, isIn: boolean, isPlaced: boolean): void {
    const { log, recipients, delivery, recovery } = this.namespace;
    delivery.onRoom(this, room, isIn);
    recovery?.note(this.pid, room, isIn, isPlaced);
    // A member that goes on with a session is in its rooms from where it left off.
    if (!log?.fences.isClosed || this.lag?.isHeld) this.moved(room, isIn);
    else {
      const change = recipients.begin(this, room, isIn, isPlaced);
      this.namespace.inOrder(() => {
        if (recipients.end(change, isIn, log.offset)) change.member.moved(room, isIn);
      }, true);
    }
  }

  moved(room: Room, isIn: boolean): void {
    this.lag?.onRoom(room, isIn);
    this.namespace.recovery?.move(this, room, isIn);
    noteRoom(this, room, isIn);
  }

  leave(rooms: readonly Room[], isPlaced = false): void {
    this.namespace.settle();
    for (const room of rooms) {
      const isOld = this.namespace.members.has(this, room);
      this.namespace.members.leave(this, room);
      if (isOld) this.#changeRoom(room, false, isPlaced);
    }
    this.touch(rooms);
  }

  expel(close: boolean): void {
    if (this.#isEnding || this.isExpelled) return;
    this.isExpelled = true;
    this.namespace.reception.readOut(this, () => {
      if (this.#isEnding) return;
      this.#sayGoodbye();
      this.finish('server namespace disconnect', undefined);
      if (close) this.client.disconnect();
    });
  }

  touch(rooms?: readonly Room[]): void {
    if (this.pid !== undefined) this.namespace.recovery?.touch(this.pid, rooms);
  }

  disconnect(close: boolean, onGone: () => void = ignore): void {
    if (this.#state === 'closed' || (this.#state === 'leaving' && !close)) {
      if (!this.#isParting) onGone();
      else this.namespace.inOrder(onGone);
    } else if (close) this.client.disconnect();
    else this.#leave(undefined, onGone);
  }

  #leave(why: ConfigError | undefined, onGone: () => void): void {
    if (this.#state === 'leaving') return;
    const { namespace } = this;
    namespace.settle();
    this.lag?.release?.();
    if (!namespace.fences?.isClosed || namespace.fences.isOverdue || !this.connected) {
      this.#sayGoodbye();
      this.finish('server namespace disconnect', why);
      return void onGone();
    }
    this.#isParting = this.lag === undefined;
    namespace.recipients.part(this);
    namespace.inOrder(() => {
      if (this.#isParting) noteLeft(this, 'server namespace disconnect');
      this.#isParting = false;
      namespace.recipients.depart(this);
      this.#sayGoodbye();
      onGone();
      namespace.checkEmpty();
    });
    this.finish('server namespace disconnect', why);
  }

  #sayGoodbye(): void {
    this.client.write({ type: PacketType.DISCONNECT, nsp: this.namespace.name }, NO_FLAGS);
  }

  /** Joins the namespace after the middleware. The client is told, and can send from then on. */
  enter(state: RecoveredState | undefined, gap: Gap | undefined): void {
    const { namespace, client } = this;
    const early = [undefined, ...(this.joinedRooms ?? [])];
    this.#on('join');
    namespace.settle();
    if (client.isRecoverable) this.pid = namespace.recovery?.begin(this, state, this.auth?.offset, gap);
    else namespace.watchPlain();
    // Events that are sent from here on come after the missed ones.
    if (state) this.holdFrom(state.after);
    namespace.members.add(this);
    tellJoined(this);
    if (state) this.#join(state.rooms, true);
    if (this.isOver) return;
    if (isOneUnit(client.conn)) this.readOn(state);
    client.welcome(this, this.pid);
    if (gap) tellGap(this, gap.after, gap.before);
    if (state) this.readOn(state);
    for (const room of early) namespace.delivery.onRoom(this, room, true);
  }

  /** Replaces `enter` for a guest, which makes a single request. A guest is not in any room, not even its own. */
  visit(): void {
    this.#on('join');
    this.client.welcome(this, undefined);
  }

  onPacket(packet: SocketPacket): void {
    if (this.interceptors?.holdsBack(packet) || this.isExpelled) return;
    switch (packet.type) {
      case PacketType.EVENT:
      case PacketType.BINARY_EVENT: {
        tellEventIn(this, packet);
        const event = packet.data as [string, ...unknown[]];
        const ack = packet.id === undefined ? undefined : createAnswer(this, packet);
        if (this.namespace.guards.current?.takes?.(this.socket, event, ack) === false) return;
        if (isOwnEvent(event[0]) && this.namespace.answer(this, event, ack ?? ignore)) return;
        if (ack) event.push(ack);
        this.dispatch(event);
        return;
      }
      case PacketType.ACK:
      case PacketType.BINARY_ACK:
        tellAckIn(this, packet.id);
        if (packet.id !== undefined) this.#acks?.receive(packet.id, packet.data as readonly unknown[]);
        return;
      case PacketType.DISCONNECT:
        this.finish('client namespace disconnect', undefined);
    }
  }

  dispatch(event: [name: string, ...args: unknown[]], onUnheard?: () => void): void {
    if (this.interceptors) this.interceptors.pass(event, onUnheard);
    else this.deliver(event, onUnheard);
  }

  deliver(event: readonly unknown[], onUnheard: (() => void) | undefined): void {
    if (!this.connected || !callListeners(this.socket, event[0] as string, event.slice(1))) onUnheard?.();
  }

  /** Tells the listeners of `error`, if there are any, that middleware has stopped an event. */
  fail(error: Error): void {
    callListeners(this.socket, 'error', [error]);
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

  report(error: ProtocolError): void {
    if (this.connected) this.#tell('error', [error]);
  }

  finish(reason: DisconnectReason, description: unknown): void {
    if (this.#isEnding) return;
    const { recovery, delivery } = this.namespace;
    this.namespace.settle();
    // Other nodes may have moved or disconnected the socket, or taken its session. Nobody waits for the answer.
    if (this.pid !== undefined && RECOVERABLE.has(reason) && recovery?.writer) delivery.order?.onMore();
    const given = RECOVERABLE.has(reason) && this.interceptors?.hasLeft ? 'client namespace disconnect' : reason;
    if (!this.#isEnding) this.#end(this.isExpelled ? 'server namespace disconnect' : given, description);
  }

  get #isEnding(): boolean {
    return this.#state === 'closed' || this.#state === 'leaving';
  }

  #end(reason: DisconnectReason, description: unknown): void {
    const { namespace, lag } = this;
    const wasConnected = this.#state === 'connected';
    if (wasConnected) this.#on('leave');
    if (wasConnected) this.#tell('disconnecting', [reason, description]);
    if (this.pid !== undefined) {
      const [{ recovery, presences, recipients }, { rooms, data }] = [namespace, this];
      const findOpen = (): OpenRooms => recipients.openOf(this, rooms);
      if (!RECOVERABLE.has(reason)) recovery?.forget(this.pid);
      else recovery?.keep(this.pid, { rooms, data, present: presences.heldBy(this.id), findOpen });
    }
    this.#on('end');
    namespace.reception.end(this, reason, description);
    this.client.remove(this, reason);
    if (namespace.members.members.get(this.id) === this) tellLeft(this, reason, !this.#isParting, lag?.offset);
    namespace.remove(this, RECOVERABLE.has(reason));
    if (wasConnected) this.#tell('disconnect', [reason, description]);
  }

  supersede(isFar: boolean): void {
    this.pid = undefined;
    if (isFar && this.client.conn.isLeaving) return;
    this.finish('transport close', new UnavailableError('DISCONNECTED', 'the client has another connection'));
    this.client.conn.close(true);
  }

  expectAck(id: number, listener: AckListener, timeoutMs: number | undefined): void {
    this.#acks ??= this.namespace.createAcks(this.socket);
    this.#acks.expect(id, listener, timeoutMs);
  }

  forgetAck(id: number): void {
    this.#acks?.forget(id);
  }

  #on(event: MemberEvent): void {
    this.#state = transitionOf(MEMBER, this.#state, event).to;
  }

  /** Calls listeners of the application. Their exceptions do not reach the caller. */
  #tell(name: string, args: readonly unknown[]): void {
    attempt(callListeners, this.socket, name, args);
  }
}
