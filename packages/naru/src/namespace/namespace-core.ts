/** The inside of a namespace: its members and rooms, the delivery to them, and the capabilities that they use. */
import { type Offset, storeOf } from '../backplane/backplane.js';
import type { NodeCode } from '../backplane/talk/talk.js';
import type { Clock } from '../base/clock.js';
import { markSocketId } from '../base/node/socket-ids.js';
import { type Answer, after, carryOut, inTime, unlessThere } from '../base/steps/answer.js';
import { throwLater } from '../base/uncaught.js';
import type { SocketPacket } from '../protocol/socket-io/packet.js';
import type { NamespaceApi, NamespaceContext, NamespaceHandler } from './context.js';
import { Delivery } from './delivery.js';
import { Erasures } from './erasure/erasures.js';
import type { Auth, Flags, Room, SocketId, Target } from './event/target.js';
import { History } from './history/history.js';
import { Idleness } from './idleness.js';
import type { LastingParts } from './lasting.js';
import { EffectiveRooms } from './log/effective-rooms.js';
import { Fences, ORDER_WAIT_MS } from './log/fences.js';
import { NamespaceLog } from './log/namespace-log.js';
import { Acks } from './membership/acks.js';
import type { MemberNamespace } from './membership/member-namespace.js';
import { Membership } from './membership/membership.js';
import { Reception } from './membership/reception.js';
import { FRESH, type Guards } from './permissions/guard.js';
import { permissionsOf } from './permissions/of-namespace.js';
import type { Permissions } from './permissions/permissions.js';
import { presenceContext } from './presence/announce.js';
import { Presences } from './presence/presences.js';
import { Reach } from './reach.js';
import { RECOVERY_WAIT_MS } from './recovery/kept-session.js';
import { Recovery } from './recovery/recovery.js';
import type { Restored } from './recovery/written-session.js';
import { EVERYBODY, type Rooms } from './rooms.js';
import type { DrainedOptions } from './slow-policies/drain-waits.js';
import { SlowReaders } from './slow-readers/slow-readers.js';
import type { AnswerHandler, Fetched, SocketAction } from './socket/far-sockets.js';
import type { JoiningClient } from './socket/joining-client.js';
import type { ListenerErrors } from './socket/listener-errors.js';
import { type NamespaceMiddleware, passMiddleware } from './socket/middleware.js';
import type { Member, Socket } from './socket/socket.js';
import { isTurnedAway, putOff } from './socket/turned-away.js';

/** Admits clients to one namespace, sends messages to its members, and owns capabilities such as recovery. */
export class NamespaceCore implements MemberNamespace {
  readonly name: string;
  /** The namespace that applications hold. */
  readonly api: NamespaceApi;
  readonly server: unknown;
  readonly listenerErrors: ListenerErrors;
  readonly guards: Guards;
  readonly clock: Clock;
  readonly beganAt: number;
  readonly members: Rooms<Member>;
  /** The recipients of events: the members, except for changes that wait for the log. */
  readonly recipients: EffectiveRooms<Member>;
  readonly log: NamespaceLog | undefined;
  /** The order of what the program does. Without a log it has no flights, and confirms those of other namespaces. */
  readonly fences: Fences | undefined;
  /** The sessions that clients may recover. */
  readonly recovery: Recovery | undefined;
  /** The events that were sent to the rooms. */
  readonly past: History;
  /** Erases events, and sets how long the log keeps them. */
  readonly erasures: Erasures;
  /** The presence of the rooms. */
  readonly presences: Presences<Socket>;
  /** The clients that read slowly. */
  readonly slowReaders: SlowReaders;
  /** The rules for what clients may do by themselves. */
  readonly permissions: Permissions<Socket>;
  readonly reception: Reception;
  readonly delivery: Delivery;
  /** Acts on the sockets of all nodes. */
  readonly reach: Reach;
  readonly idleness = new Idleness(this);
  readonly journal: NamespaceContext['journal'];
  /** Whether a socket has ever entered. */
  wasUsed = false;
  /** The listeners of wires for messages of other nodes, by name. Each is called at its message's place in the log. */
  readonly told = new Map<unknown, (message: readonly unknown[]) => void>();
  /** The middleware that new sockets must pass. */
  readonly middleware: readonly NamespaceMiddleware<Socket>[];
  readonly #context: NamespaceContext;
  readonly #handler: NamespaceHandler;
  readonly #lasting: LastingParts;
  /** Members that wait for middleware, and clients that wait for their recovered state or the end of the log. */
  readonly #pending = new Set<Member | JoiningClient>();

  constructor(context: NamespaceContext, api: NamespaceApi, lasting: LastingParts, handler: NamespaceHandler) {
    const { name } = api;
    this.#lasting = lasting;
    this.middleware = api.middleware as NamespaceMiddleware<Socket>[];
    this.#context = context;
    this.#handler = handler;
    this.api = api;
    this.name = name;
    ({ server: this.server, listenerErrors: this.listenerErrors, guards: this.guards, clock: this.clock } = context);
    this.journal = context.journal;
    this.beganAt = context.clock.now();
    this.members = lasting.members;
    this.recipients = new EffectiveRooms(this.members);
    this.members.onEntered = (room) => this.delivery.order?.want(room);
    const { recovery } = context;
    const backplane = context.homeFor(name);
    const hooks = {
      onRefresh: () => this.delivery.order?.catchUp(),
      onAppending: () => this.recovery?.writer?.writeChanged(),
      onErased: () => {
        for (const member of this.members.recipientsOf(EVERYBODY)) this.reception.forgetErased(member);
      },
      onLoss: () => this.recovery?.rewrite(),
      onHeard: () => context.remote?.hear(name),
      onTold: (message: readonly unknown[], offset: Offset) => this.reach.onTold(message, offset),
    };
    const isLocalWhileAway = context.isLocalWhileAway(name);
    const logContext = { ...context, ...hooks, isLocalWhileAway };
    this.log = backplane && new NamespaceLog(name, backplane.log, logContext, recovery !== undefined);
    this.fences = this.log?.fences ?? (context.backplane && new Fences(context.clock, context.confirmations));
    const parts = recovery && backplane && { ...context, store: storeOf(backplane, name), act: this.act.bind(this) };
    this.recovery = parts && this.log && new Recovery(name, this.log, parts, recovery);
    this.slowReaders = new SlowReaders(name, context, this.members, lasting.policies);
    lasting.onPolicy = (room) => this.slowReaders.onPolicy(room);
    const { outbox, codec, clock, presence: settings, sharedPresence: shared } = context;
    const { log, slowReaders } = this;
    const sendFar = (...event: Parameters<Reach['sendFar']>): void => this.reach.sendFar(...event);
    this.delivery = new Delivery(this.members, this.recipients, outbox, codec, log, slowReaders, sendFar, this);
    const settle = this.settle.bind(this);
    this.reception = new Reception({ log, slowReaders, settle, lateBytesMax: () => this.lateBytesMax });
    this.permissions = permissionsOf(this, lasting.rules, this.guards);
    this.past = new History(name, this.log, { ...context, settle });
    this.erasures = new Erasures(name, this.log, settle);
    this.presences = new Presences(presenceContext(this, codec, { clock, settings, shared }));
    this.reach = new Reach(this, context);
  }

  /** Bytes that may wait for a client before it reads its events from the log. */
  get lateBytesMax(): number {
    return Math.min(this.#context.lateBytesMax, this.slowReaders.policies.lateBytesMax);
  }

  /** Whether sockets join at once, because nobody has to agree. */
  get isOpen(): boolean {
    return this.middleware.length === 0 && !this.guards.current;
  }

  /** Carries out postponed broadcasts. Called before the members change. */
  settle(): void {
    this.#context.outbox.settle();
  }

  inOrder(operation: () => void, isPatient = false): void {
    // Listeners of the rooms may have emitted. Their events come after the change of the rooms.
    if (!isPatient) this.settle();
    const carryOut = (): void => {
      this.settle();
      operation();
    };
    if (this.fences) this.fences.run(carryOut, isPatient);
    else operation();
  }

  /** A socket of this node is about to join rooms. The sockets of other nodes may own them. */
  beforeJoin(rooms: readonly Room[], isPlaced: boolean): void {
    this.settle();
    if (!isPlaced) this.delivery.order?.reachRooms(rooms);
  }

  /** Shows each broadcast to its recipients from now on, because a socket listens to outgoing events. */
  watchOutgoing(): void {
    this.delivery.hasOutgoingListeners = true;
  }

  /** From now on, adds to each packet what plain wires need, because a client on such a wire has joined. */
  watchPlain(): void {
    this.delivery.hasPlainMembers = true;
  }

  /** Answers one of Naru's own events. Returns `false` if the name is unknown. */
  answer(member: Member, event: readonly unknown[], ack: (...args: unknown[]) => void): boolean {
    const call = this.#context.calls.get(event[0] as string);
    call?.(this, member, event.slice(1), ack);
    return call !== undefined;
  }

  broadcastWithAck(packet: SocketPacket, target: Target, handler: AnswerHandler): () => readonly NodeCode[] {
    return this.reach.ask(packet, target, handler);
  }

  fetch(target: Target): Promise<Fetched<Socket>> {
    return this.reach.fetch(target);
  }

  act(target: Target, action: SocketAction): void {
    this.reach.act(target, action);
  }

  /** Sends a message to the other nodes, in order with the events. */
  tell(message: readonly unknown[]): void {
    this.reach.tell(message);
  }

  async drained(target: Target, options: DrainedOptions | undefined): Promise<boolean> {
    this.settle();
    return this.slowReaders.allDrained(target, options);
  }

  accepts(target: Target): boolean {
    return this.slowReaders.accepts(target, () => this.settle());
  }

  /** Sends a packet to one socket, subject to its policy for slow readers. */
  sendTo(member: Member, packet: SocketPacket, flags: Flags): void {
    this.delivery.sendTo(member, packet, flags, this.slowReaders.policies.of([member.id]));
  }

  /** Creates a socket id. */
  createId(): SocketId {
    return markSocketId(this.#context.random.id(), this.#context.backplane?.log.tag);
  }

  /** Creates an ack id. Ids are unique in the namespace, so that a broadcast can use one for all its sockets. */
  createAckId(): number {
    return this.#lasting.createAckId();
  }

  /** Creates a table of waiting acknowledgements. */
  createAcks(socket: Socket): Acks {
    return new Acks(this.#context.clock, this.#context.acksMax, socket);
  }

  /** Admits a client: its socket passes the middleware and joins, or the client is refused. */
  admit(connection: JoiningClient, auth: Auth): void {
    if (isTurnedAway(this, connection, auth, this.#context.backplane)) return;
    const find = (): Answer<Restored | undefined> => {
      const place = this.delivery.findPlace(connection.isGuest) as Answer<undefined>;
      if (!connection.isRecoverable || !auth) return place;
      return this.recovery?.search.restore(auth.pid, auth.offset, connection.conn) ?? place;
    };
    // The other nodes know a client's node before the client is in, so that no call of theirs misses it.
    this.#admitKnown(after<unknown, Restored | undefined>(this.reach.whenReady(), find), connection, auth);
  }

  /**
   * Admits a client once its recovered state or the end of the log is known. The namespace is kept until then. If the
   * home does not answer, a client that asks for its session has to ask again, because a new session would lose events
   * silently. Any other client gets in.
   */
  #admitKnown(known: Answer<Restored | undefined>, connection: JoiningClient, auth: Auth): void {
    unlessThere(known, () => {
      connection.expect(this.name);
      this.#pending.add(connection);
    });
    const isAsking = connection.isRecoverable && typeof auth?.pid === 'string';
    const waitMs = isAsking ? RECOVERY_WAIT_MS : ORDER_WAIT_MS;
    const admitted = after(inTime(this.clock, known, waitMs, connection.conn), (outcome) => {
      const hasWaited = this.#pending.delete(connection);
      const isOpen = connection.conn.readyState === 'open';
      if (outcome && isOpen) this.#admit(connection, auth, outcome.value);
      else if (isAsking || !isOpen) {
        if (hasWaited && isOpen) putOff(this.name, connection);
        this.checkEmpty();
      } else {
        // The client gets nothing that is in the log when the home answers.
        this.#admit(connection, auth, undefined);
      }
    });
    unlessThere(admitted, (coming) => coming.catch(throwLater));
  }

  #admit(connection: JoiningClient, auth: Auth, restored: Restored | undefined): void {
    const state = restored?.state;
    const member = new Membership(this, connection, auth, state);
    const steps = this.guards.before(this, state);
    if (steps.length === 0) {
      this.#enter(member, connection, restored);
      return;
    }
    this.#pending.add(member);
    connection.expect(this.name, member);
    passMiddleware(member.socket, steps, (error) => {
      if (member.isOver) return;
      if (connection.conn.readyState !== 'open') member.finish('transport close', undefined);
      else if (error) {
        if (error !== FRESH) connection.refuse(this.name, error.message, error.data);
        member.finish('server namespace disconnect', undefined);
        if (error === FRESH) this.#admit(connection, auth, undefined);
      } else {
        this.#complete(member, connection, restored);
      }
    });
  }

  /** Lets a member join after the middleware. Meanwhile the log may have dropped events that the session missed. */
  #complete(member: Membership, connection: JoiningClient, restored: Restored | undefined): void {
    const renewed = restored?.state
      ? this.recovery && carryOut(this.recovery.search.renew(restored.state))
      : after(this.delivery.findPlace(connection.isGuest), () => restored);
    const go = (outcome: { readonly value: Restored | undefined } | undefined): void => {
      // The middleware has seen a recovered socket, but the log has lost events. So the client has to connect again.
      if (member.isOver) return;
      if (restored?.state && !outcome?.value?.state) connection.close('forced server close');
      else this.#enter(member, connection, outcome ? outcome.value : restored);
    };
    const entered = after(inTime(this.clock, renewed, restored?.state ? RECOVERY_WAIT_MS : ORDER_WAIT_MS), go);
    unlessThere(entered, (coming) => coming.catch(throwLater));
  }

  /** Removes a member that left. */
  remove(member: Member, isLost: boolean): void {
    // A client that resumes and is refused has not been present. Its earlier connection may be.
    if (!this.members.isTaken(member)) this.presences.drop(member.id, isLost);
    this.members.remove(member);
    this.#pending.delete(member);
    this.guards.current?.onGone(member.socket as Socket);
    this.checkEmpty();
  }

  /** Whether the namespace has neither members nor clients that are about to join. */
  get isEmpty(): boolean {
    return this.recipients.isEmpty && this.#pending.size === 0;
  }

  /** Ends all waiting and hearing. Called when the server closes, and when the namespace lets go of the core. */
  close(): void {
    this.settle();
    this.members.onEntered = undefined;
    this.recovery?.close();
    this.presences.close();
    this.reach.calls?.close();
    this.log?.close();
    this.slowReaders.memory.clear();
  }

  /** Reports the namespace as empty if it is. */
  checkEmpty(): void {
    if (!this.isEmpty) return;
    this.log?.endHearing();
    this.#handler.onEmpty();
  }

  /** A new member enters after earlier events. One that goes on with a session reads them where it left off. */
  #enter(member: Membership, connection: JoiningClient, restored: Restored | undefined): void {
    if (!connection.isGuest) this.delivery.order?.follow();
    // Taking the session of the last other member would empty the namespace, so this member stays pending.
    this.#pending.add(member);
    const isNew = !restored?.state && !connection.isGuest && connection.isRecoverable;
    if (isNew) member.pid = this.recovery?.announce(member);
    const written = isNew ? this.recovery?.whenWritten(member.pid) : undefined;
    unlessThere(written, () => connection.expect(this.name, member));
    const entered = after(inTime(this.clock, written, ORDER_WAIT_MS), () => {
      if (!member.isOver) this.#enterInOrder(member, connection, restored);
    });
    unlessThere(entered, (coming) => coming.catch(throwLater));
  }

  #enterInOrder(member: Membership, connection: JoiningClient, restored: Restored | undefined): void {
    this.settle();
    const fences = this.log?.fences;
    if (!fences?.isClosed || restored?.state || connection.isGuest) {
      this.#enterNow(member, connection, restored);
      return;
    }
    connection.expect(this.name, member);
    fences.runSoon(() => {
      if (member.isOver) return;
      if (fences.isClosed) {
        this.recipients.waiting.add(member);
        this.inOrder(() => this.recipients.waiting.delete(member), true);
      }
      this.#enterNow(member, connection, restored);
    });
  }

  #enterNow(member: Membership, connection: JoiningClient, restored: Restored | undefined): void {
    this.wasUsed = true;
    const state = this.guards.agreed(member.socket, restored?.state && this.recovery?.search.latest(restored.state));
    if (restored?.state && !state) {
      // The client asks again, and gets the session as it is then.
      connection.close('forced server close');
      member.finish('forced server close', undefined);
      return;
    }
    connection.add(member);
    if (connection.isGuest) {
      // A guest stays pending, so that the namespace is kept while the guest is connected.
      member.visit();
      return;
    }
    if (state) this.recipients.inherit(member);
    member.enter(state, restored?.gap);
    this.#pending.delete(member);
    if (state && !member.isOver) this.presences.resume(member.socket, state.present);
    if (member.isOver) this.checkEmpty();
    else for (const name of ['connect', 'connection']) this.announce(name, member.socket);
  }

  /** Calls the listeners of the namespace. */
  announce(name: string, ...args: unknown[]): void {
    this.#handler.announce(name, args);
  }
}
