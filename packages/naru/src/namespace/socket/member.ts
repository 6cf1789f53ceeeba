/** The member behind each socket. The application holds the socket, and the rest of Naru uses the member. */
import type { Offset } from '../../backplane/backplane.js';
import type { EventName } from '../../base/emitter.js';
import type { ProtocolError } from '../../base/errors.js';
import type { SocketPacket } from '../../protocol/socket-io/packet.js';
import type { Session } from '../../session/session.js';
import type { EncodedPacket } from '../../transport/encoded-packet.js';
import type { Auth, Flags, Room } from '../event/target.js';
import type { NotedNamespace } from '../explain/journal.js';
import type { OpenRooms, PastRooms, RoomMember } from '../rooms.js';
import type { DrainedOptions } from '../slow-policies/drain-waits.js';
import type { Lag } from '../slow-policies/lag.js';
import type { ActivePolicy } from '../slow-policies/policy.js';
import type { BroadcastScope, BroadcastSocket, ScopeSource } from './broadcast.js';
import type { DisconnectReason } from './disconnect-reason.js';
import type { Interceptors } from './interceptors.js';
import type { ListenerErrors } from './listener-errors.js';

/** Called with the arguments of an acknowledgement. */
export type AckListener = (...args: unknown[]) => void;

/** Sends packets to one client. */
export interface PacketSink {
  /**
   * Sends encoded packets in order. The list must not change in this turn. A volatile message may be dropped as a
   * whole.
   */
  sendPackets(packets: readonly EncodedPacket[], isVolatile: boolean): void;
}

/** The connection that carries a member. */
export interface MemberClientOf<Socket> {
  /** The most attachments of one event that the client takes. An event of the log with more is a gap for it. */
  readonly attachmentsMax: number;
  readonly conn: Session;
  /** Whether its sockets can be recovered by Socket.IO's `pid` and offset. */
  readonly isRecoverable: boolean;
  /** Whether it takes events of the log at their places alone, because it goes on from there later. */
  readonly isAtPlace?: boolean;
  /** Tells the client that it has joined. */
  welcome(member: MemberOf<Socket>, pid: string | undefined): void;
  /** Sends a packet to this client only. Throws ConfigError for data that cannot be encoded. */
  write(packet: SocketPacket, flags?: Flags): void;
  /**
   * Takes messages that were encoded for several clients. The session takes them as they are, and a plain wire makes
   * its own form of them.
   */
  readonly sink: PacketSink;
  /** Removes a member that left its namespace. */
  remove(member: MemberOf<Socket>, reason: DisconnectReason): void;
  /** Notes that the client waits for the answer to an event. */
  onAsked?(): void;
  /** Notes that such an answer was sent. */
  onAnswered?(): void;
  /** Ends all memberships and the session. */
  disconnect(): void;
}

/**
 * The membership of one session in one namespace, for all code except the application. Callers pick the parts that they
 * use.
 */
export interface MemberOf<Socket> extends RoomMember {
  /** The socket, which the application holds. */
  readonly socket: Socket;
  readonly namespace: BroadcastScope<BroadcastSocket> &
    NotedNamespace & {
      /** The namespace that the application holds. */
      readonly api: ScopeSource & { readonly name: string };
      readonly server: unknown;
      readonly listenerErrors: ListenerErrors;
      /** Creates an ack id, which no other event of the namespace has. */
      createAckId(): number;
      /** How far clients are behind, and what they say of it. */
      readonly reception: {
        lagOf(member: MemberOf<Socket>): number;
        onSeen(member: MemberOf<Socket>, at: number): void;
      };
    };
  readonly client: MemberClientOf<Socket>;
  /** Whether the member can send and receive events. */
  readonly connected: boolean;
  /** Whether the membership has ended, for any reason. */
  readonly isOver: boolean;
  /** Whether the member continues an earlier session. */
  readonly isRecovered: boolean;
  /** Whether another node has put it out. It may still read what came before that. */
  readonly isExpelled: boolean;
  /** The secret with which the client asks for its session, if it can. */
  readonly pid: string | undefined;
  readonly auth: Auth;
  /** When the member was created, in milliseconds of the server's clock. */
  readonly issuedAt: number;
  /** A copy of the rooms that the member is in. */
  readonly rooms: Set<Room>;
  /**
   * The rooms whose events reach it now, as a copy. They differ from `rooms` while events are on their way into the
   * log.
   */
  readonly effectiveRooms: Set<Room>;
  /** Finds the rooms for which the two differ. */
  findOpen(): OpenRooms;
  /** The data that the application keeps with the socket. */
  data: unknown;
  /** The stage before the outbox while the member is late or slow. */
  lag: Lag | undefined;
  /** Bytes that wait for the member, in its lag and its connection. */
  readonly waitingBytes: number;
  /** Whether `onSpace` has to be called when the connection takes more. */
  readonly awaitsSpace: boolean;
  /** Whether more bytes wait for the client than its budget, or it reads late from the log. */
  readonly isOverBudget: boolean;
  /** The middleware and catch-all listeners of the socket, if it has any. */
  readonly interceptors: Interceptors | undefined;
  /** Waits until the client is within its budget. */
  drained(options?: DrainedOptions): Promise<boolean>;
  /** Joins rooms. `isPlaced` says that the log has the change, too. */
  join(rooms: readonly Room[], isPlaced?: boolean): void;
  /** Leaves rooms. */
  leave(rooms: readonly Room[], isPlaced?: boolean): void;
  /** Ends the membership at this place in the log, whatever is on its way; with `close` the whole connection. */
  expel(close: boolean): void;
  /** A room that was entered or left counts as that for the events after the newest one that was delivered. */
  moved(room: Room, isIn: boolean): void;
  /** Notes that the rooms of the member have changed, so that its session is written. */
  touch(rooms?: readonly Room[]): void;
  /** Ends the membership; with `close` the whole connection. `onGone` is called when the client was told. */
  disconnect(close: boolean, onGone?: () => void): void;
  /** Sends an event of the application's. Gives `false` where the application is asked to wait. */
  emit(name: EventName, args: readonly unknown[], flags: Flags): boolean;
  /** Sends one packet directly, ahead of messages that wait in the lag. */
  sendPacket(packet: SocketPacket, flags: Flags): void;
  /** Sends encoded packets over the session, or adds them to the lag. */
  sendEncoded(packets: readonly EncodedPacket[], isVolatile: boolean, policy?: ActivePolicy): void;
  /** Sends events that are in the log after `previous`, unless the member reads the log itself. */
  sendLogged(packets: readonly EncodedPacket[], previous: Offset, policy?: ActivePolicy): void;
  /** Makes the member read its events from the log, starting after `after`. */
  readFrom(after: Offset): void;
  /**
   * Sends nothing until `readOn`. Returns the offset after which the member will read: `after`, or its own place if it
   * is late. The member gets the events that were on their way when it came, too. With `isNamed`, a client has named
   * the offset, and the log may never have given it out.
   */
  holdFrom(after: Offset, isNamed?: boolean): Offset;
  /** Begins to read after `holdFrom`. */
  readOn(past?: PastRooms): void;
  /** Its connection took what was sent. */
  onSpace(): void;
  /** Called with each packet of the client. */
  onPacket(packet: SocketPacket): void;
  /**
   * Passes an event of the client to its listeners. Calls `onUnheard` if middleware stops the event, nobody listens to
   * it, or a listener behind middleware throws. It may be called more than once.
   */
  dispatch(event: [name: string, ...args: unknown[]], onUnheard?: () => void): void;
  /** Returns the interceptors, and creates them if necessary. */
  intercept(): Interceptors;
  /** Shows broadcasts to the socket's catch-all listeners from now on. */
  watchOutgoing(): void;
  /** Shows an outgoing event to the socket's catch-all listeners. */
  notifyOutgoing(args: readonly unknown[]): void;
  /** Starts to wait for an acknowledgement. */
  expectAck(id: number, listener: AckListener, timeoutMs: number | undefined): void;
  /** Stops waiting for an acknowledgement. */
  forgetAck(id: number): void;
  /** Tells the listeners of `error` that the client broke a rule. */
  report(error: ProtocolError): void;
  /**
   * Ends the membership because another connection took over the session. With `isFar`, that is one of another process,
   * and a client that was told to go keeps the membership until its last words are there.
   */
  supersede(isFar: boolean): void;
  /** Ends the membership for any reason. A second call does nothing. */
  finish(reason: DisconnectReason, description: unknown): void;
}
