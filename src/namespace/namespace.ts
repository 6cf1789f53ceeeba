/** A namespace: the sockets of one part of an application, its middleware and its rooms. */
import { whenResolved } from '../backplane/backplane.js';
import type { Clock } from '../base/clock.js';
import type { DefaultEventsMap, Untyped } from '../base/event-map.js';
import { throwLater } from '../base/uncaught.js';
import type { SocketPacket } from '../protocol/socket-io/packet.js';
import { Adapter } from './adapter.js';
import { Audience, type AudienceParts } from './audience.js';
import type { BroadcastScope } from './broadcast.js';
import type { JoiningClient } from './connection.js';
import type { NamespaceContext } from './context.js';
import { Delivery } from './delivery.js';
import { History } from './history/history.js';
import { warnOfLocalReach } from './local-reach.js';
import { NamespaceLog } from './log/namespace-log.js';
import { type NamespaceMiddleware, passMiddleware } from './middleware.js';
import { Permissions } from './permissions/permissions.js';
import { presenceContext } from './presence/announce.js';
import { Presences } from './presence/presences.js';
import { Recovery, type Restored } from './recovery/recovery.js';
import { Rooms } from './rooms.js';
import { acceptsMore, allDrained } from './slow-readers/drained-targets.js';
import { SlowReaders } from './slow-readers/slow-readers.js';
import { Acks } from './socket/acks.js';
import { Socket } from './socket/socket.js';
import { isMarkedSocketId, markSocketId } from './socket/socket-id.js';
import type { Auth, Flags, SocketId, Target } from './target.js';

/** A namespace. Emits `connection` (and `connect`) with each socket that its middleware let in. */
export class Namespace
  extends Audience<DefaultEventsMap, DefaultEventsMap, Untyped, Socket, DefaultEventsMap>
  implements AudienceParts<Socket>
{
  /** Its name, which begins with a slash. */
  readonly name: string;
  /** Views of its rooms. */
  readonly adapter: Adapter<Socket>;
  /** The rooms themselves. Not for applications. */
  readonly members: Rooms<Socket>;
  /** What broadcasts need. Not for applications. */
  override readonly scope: BroadcastScope<Socket>;
  /** Its log, where there is one. Not for applications. */
  readonly log: NamespaceLog | undefined;
  /** The sessions of connection state recovery, when it is on. Not for applications. */
  readonly recovery: Recovery | undefined;
  /** What was sent to its rooms. Not for applications, which call `history`. */
  readonly past: History;
  /** Who is in its rooms. Not for applications, which call `presence`. */
  readonly presences: Presences<Socket>;
  /** Its clients that read slowly. Not for applications, which call `slow`. */
  readonly slowReaders: SlowReaders;
  /** What clients may do by themselves. Not for applications, which call `allow`. */
  readonly permissions: Permissions<Socket>;
  readonly #context: NamespaceContext;
  readonly #delivery: Delivery;
  /** The functions that new sockets pass. Not for applications. */
  readonly middleware: NamespaceMiddleware<Socket>[] = [];
  /** Sockets whose middleware has not passed, and clients of which is not known yet what they are. */
  readonly #pending = new Set<Socket | JoiningClient>();
  #ackId = 0;

  constructor(context: NamespaceContext, name: string) {
    super();
    this.#context = context;
    this.name = name;
    this.members = new Rooms(context.roomsPerSocketMax);
    this.adapter = new Adapter(this.members, this);
    const { backplane, recovery } = context;
    this.log = backplane && new NamespaceLog(name, backplane.log, context, recovery !== undefined);
    this.recovery =
      this.log &&
      backplane &&
      recovery &&
      new Recovery(name, this.log, { ...context, store: backplane.store }, recovery);
    this.slowReaders = new SlowReaders(name, context, this.log !== undefined);
    const { policies } = this.slowReaders;
    this.#delivery = new Delivery(this.members, context.outbox, context.codec, this.log, policies);
    this.scope = this.#createScope();
    this.permissions = new Permissions({
      name,
      isSocketId: (room) => this.members.members.has(room) || isMarkedSocketId(room),
      isFull: (socket) => this.members.isFull(socket),
      isMember: (room, socket) => this.members.membersOf(room)?.has(socket.id) === true,
      send: (room, event, args) => this.to(room).emit(event, ...args),
    });
    this.past = new History(name, this.log, { ...context, settle: () => this.settle() });
    this.presences = new Presences(presenceContext(this, context));
  }

  /** The sockets by id. */
  get sockets(): Map<SocketId, Socket> {
    return this.members.members as Map<SocketId, Socket>;
  }

  /** The server. */
  get server(): unknown {
    return this.#context.server;
  }

  /** Where the time comes from. Not for applications. */
  get clock(): Clock {
    return this.#context.clock;
  }

  /** Bytes that may wait for a client before it reads from the log what it gets. Not for applications. */
  get lateBytesMax(): number {
    return Math.min(this.#context.lateBytesMax, this.slowReaders.policies.lateBytesMax);
  }

  /** The parts that its methods lead to: its own. Not for applications. */
  get parts(): this {
    return this;
  }

  /** Whether sockets enter at once, because there is no middleware. */
  get isOpen(): boolean {
    return this.middleware.length === 0;
  }

  /** Carries out what broadcasts put off. Called before the members change. */
  settle(): void {
    this.#context.outbox.settle();
  }

  /** Called by a socket that listens to what is sent. */
  watchOutgoing(): void {
    this.#delivery.hasOutgoingListeners = true;
  }

  /** Called by a socket of another wire than Socket.IO's. */
  watchPlain(): void {
    this.#delivery.hasPlainMembers = true;
  }

  /** Answers an event of Naru's own. Called by a socket. */
  answer(socket: Socket, event: readonly unknown[], ack: (...args: unknown[]) => void): boolean {
    const call = this.#context.calls.get(event[0] as string);
    call?.(socket, event.slice(1), ack);
    return call !== undefined;
  }

  /** Sends a packet to a target. */
  broadcast(packet: SocketPacket, target: Target): void {
    this.#delivery.broadcast(packet, target);
  }

  /** Sends a packet to one socket alone, by the policy of the namespace for those that are slow. */
  sendTo(socket: Socket, packet: SocketPacket, flags: Flags): void {
    this.#delivery.sendTo(socket, packet, flags, this.slowReaders.policies.of([socket.id]));
  }

  /** A new socket id. */
  createId(): SocketId {
    return markSocketId(this.#context.random.id());
  }

  /** A new ack id; ids are unique in the namespace, so that a broadcast can use one for all its sockets. */
  createAckId(): number {
    const id = this.#ackId;
    this.#ackId += 1;
    return id;
  }

  /** A table of waiting acknowledgements. */
  createAcks(): Acks {
    return new Acks(this.#context.clock, this.#context.acksMax);
  }

  /** A client asks to join: its socket passes the middleware and enters, or the client is refused. Called by the connection. */
  admit(connection: JoiningClient, auth: Auth): void {
    const found = connection.isRecoverable && auth ? this.recovery?.restore(auth.pid, auth.offset) : undefined;
    const known = found ?? this.#delivery.findPlace();
    if (known instanceof Promise) {
      this.#admitLater(known as Promise<Restored | undefined>, connection, auth);
    } else if (connection.conn.readyState === 'open') {
      this.#admit(connection, auth, known as Restored | undefined);
    }
  }

  /** What is to be known of the client or the log takes a while; the namespace does not go meanwhile. */
  #admitLater(known: Promise<Restored | undefined>, connection: JoiningClient, auth: Auth): void {
    connection.expectLater(this.name);
    this.#pending.add(connection);
    known
      .then((restored) => {
        this.#pending.delete(connection);
        if (connection.conn.readyState === 'open') this.#admit(connection, auth, restored);
        else this.checkEmpty();
      })
      .catch(throwLater);
  }

  #admit(connection: JoiningClient, auth: Auth, restored: Restored | undefined): void {
    const state = restored?.state;
    const socket = new Socket(this, connection, auth, state);
    if (this.middleware.length === 0 || (state && this.recovery?.settings.skipMiddlewares)) {
      this.#enter(socket, connection, restored);
      return;
    }
    this.#pending.add(socket);
    connection.expect(socket);
    passMiddleware(socket, this.middleware.slice(), (error) => {
      if (socket.isOver) return;
      if (connection.conn.readyState !== 'open') {
        socket.finish('transport close', undefined);
      } else if (error) {
        connection.refuse(this.name, error.message, error.data);
        socket.finish('server namespace disconnect', undefined);
      } else {
        this.#complete(socket, connection, restored);
      }
    });
  }

  /** Middleware has passed; a session that is recovered may have been left behind by the log meanwhile. */
  #complete(socket: Socket, connection: JoiningClient, restored: Restored | undefined): void {
    const isThere = restored?.state ? this.recovery?.reaches(restored.state.after) : this.#delivery.findPlace();
    whenResolved(
      isThere,
      (reaches) => {
        // Middleware was told already that it is recovered; only a new connection can take that back.
        if (reaches === false) connection.close('forced server close');
        else if (!socket.isOver) this.#enter(socket, connection, restored);
      },
      throwLater,
    );
  }

  /** A socket left. Called by the socket. */
  remove(socket: Socket, isLost: boolean): void {
    this.presences.drop(socket.id, isLost);
    this.members.remove(socket);
    this.#pending.delete(socket);
    this.checkEmpty();
  }

  /** Finds out whether nobody is here and nobody is about to enter. */
  checkEmpty(): void {
    if (this.members.members.size > 0 || this.#pending.size > 0) return;
    this.#delivery.unfollow();
    this.onEmpty();
  }

  /** The last socket left. */
  protected onEmpty(): void {}

  #enter(socket: Socket, connection: JoiningClient, restored: Restored | undefined): void {
    this.#delivery.follow();
    // Until it is in, too: the connection that it takes the session over from may be the last one here.
    this.#pending.add(socket);
    connection.add(socket);
    if (connection.isGuest) {
      // It stays among those that are pending, so that the namespace does not go while it is here.
      socket.visit();
      return;
    }
    socket.enter(restored?.state, restored?.gap);
    this.#pending.delete(socket);
    if (restored?.state && !socket.isOver) this.presences.resume(socket, restored.state.present);
    if (socket.isOver) {
      this.checkEmpty();
      return;
    }
    this.announce('connect', socket);
    this.announce('connection', socket);
  }

  /** Tells listeners of the namespace something; an exception of theirs is not the connection's. */
  announce(name: string, ...args: unknown[]): void {
    try {
      this.applyLocal(name, args);
    } catch (error) {
      throwLater(error);
    }
  }

  #createScope(): BroadcastScope<Socket> {
    return {
      name: this.name,
      clock: this.clock,
      broadcast: (packet, target) => this.broadcast(packet, target),
      broadcastWithAck: (packet, target, onAnswer) => {
        const id = this.createAckId();
        const asked: Socket[] = [];
        const listener = (...args: unknown[]): void => onAnswer(args);
        this.members.forEach(target, (socket) => {
          if (!socket.connected) return;
          asked.push(socket);
          socket.expectAck(id, listener, undefined);
        });
        const { type, nsp, data } = packet;
        this.broadcast({ type, nsp, data, id }, target);
        return {
          count: asked.length,
          giveUp: () => {
            for (const socket of asked) socket.forgetAck(id);
          },
        };
      },
      forEach: (target, visit) => {
        this.settle();
        this.members.forEach(target, (socket) => socket.connected && visit(socket));
      },
      drained: (target, options) => allDrained(this, target, options),
      accepts: (target) => acceptsMore(this, target),
      warnOfLocalReach: (method, flags) => warnOfLocalReach(this.#context.backplane, method, flags),
    };
  }
}
