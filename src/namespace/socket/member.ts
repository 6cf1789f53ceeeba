/** The member of a namespace behind each socket, with which everything but the application works. */
import type { Offset } from '../../backplane/backplane.js';
import type { EventName } from '../../base/emitter.js';
import type { ProtocolError } from '../../base/errors.js';
import type { SocketPacket } from '../../protocol/socket-io/packet.js';
import type { Session } from '../../session/session.js';
import type { EncodedPacket } from '../../transport/encoded-packet.js';
import type { BroadcastScope, BroadcastSocket } from '../broadcast.js';
import type { RoomMember } from '../rooms.js';
import type { DrainedOptions } from '../slow-readers/drain-waits.js';
import type { Lag } from '../slow-readers/lag.js';
import type { ActivePolicy } from '../slow-readers/policy.js';
import type { Auth, Flags, Room } from '../target.js';
import type { AckListener } from './acks.js';
import type { DisconnectReason } from './disconnect-reason.js';
import type { Interceptors } from './interceptors.js';

/** The connection that carries a member. */
export interface MemberClientOf<Socket> {
  readonly conn: Session;
  /** Whether its sockets can be recovered by Socket.IO's `pid` and offset. */
  readonly isRecoverable: boolean;
  /** Tells the client that it is in. */
  welcome(member: MemberOf<Socket>, pid: string | undefined): void;
  /** Sends a packet to this client alone. Throws ConfigError for data that cannot be encoded. */
  write(packet: SocketPacket, flags?: Flags): void;
  /** Sends one message that was encoded for many. */
  deliver(packets: readonly EncodedPacket[], isVolatile: boolean): void;
  /** A member has left its namespace. */
  remove(member: MemberOf<Socket>, reason: DisconnectReason): void;
  /** Ends all memberships and the session. */
  disconnect(): void;
}

/** The membership of one session in one namespace, as everything but the application sees it. A capability takes what it needs of it. */
export interface MemberOf<Socket> extends RoomMember {
  /** What the application holds of it. */
  readonly socket: Socket;
  readonly namespace: BroadcastScope<BroadcastSocket> & {
    /** The namespace that the application holds. */
    readonly api: { readonly name: string };
    readonly server: unknown;
  };
  readonly client: MemberClientOf<Socket>;
  /** Whether events can flow. */
  readonly connected: boolean;
  /** Whether the membership ended, for whatever reason. */
  readonly isOver: boolean;
  /** Whether it continues an earlier session. */
  readonly isRecovered: boolean;
  readonly auth: Auth;
  /** When it was made. */
  readonly issuedAt: number;
  /** The rooms that it is in, as a copy. */
  readonly rooms: Set<Room>;
  /** What the application keeps with it. */
  data: unknown;
  /** What stands between the packets for it and its outbox, while it is slow. */
  lag: Lag | undefined;
  /** Bytes that wait for it. */
  readonly waitingBytes: number;
  /** Whether it wants to be told when its connection takes more. */
  readonly awaitsSpace: boolean;
  /** Whether more waits for the client than its budget. */
  readonly isOverBudget: boolean;
  /** What its events pass, where there is anything. */
  readonly interceptors: Interceptors | undefined;
  /** Waits until the client is within its budget. */
  drained(options?: DrainedOptions): Promise<boolean>;
  /** Joins rooms. */
  join(rooms: readonly Room[]): void;
  /** Leaves rooms. */
  leave(rooms: readonly Room[]): void;
  /** Ends the membership; with `close` the whole connection. */
  disconnect(close: boolean): void;
  /** Sends an event of the application's. Gives `false` where the application is asked to wait. */
  emit(name: EventName, args: readonly unknown[], flags: Flags): boolean;
  /** Sends one packet, past everything that is late. */
  sendPacket(packet: SocketPacket, flags: Flags): void;
  /** Sends encoded packets over its session, or puts them where they wait. */
  sendEncoded(packets: readonly EncodedPacket[], isVolatile: boolean, policy?: ActivePolicy): void;
  /** Sends events of the log, which stand there after `previous`, unless it reads them there. */
  sendLogged(packets: readonly EncodedPacket[], previous: Offset, policy?: ActivePolicy): void;
  /** Has it read what it gets from the log, from behind `after`. */
  readFrom(after: Offset): void;
  /** Sends it nothing until `readOn`. Then it reads from behind `after`, or from behind the given offset where it is late. */
  holdFrom(after: Offset): Offset;
  /** Begins to read after `holdFrom`. */
  readOn(): void;
  /** Its connection took what was sent. */
  onSpace(): void;
  /** Takes a packet of the client. */
  onPacket(packet: SocketPacket): void;
  /** Gives an event of the client to its listeners. `onUnheard` is called when middleware stops it, or it has no listener. */
  dispatch(event: [name: string, ...args: unknown[]], onUnheard?: () => void): void;
  /** Holds back the packets of the client until the given function is called. One hold at a time. */
  hold(): () => void;
  /** What its events pass; made when it is not there yet. */
  intercept(): Interceptors;
  /** Has broadcasts shown to its catch-all listeners from now on. */
  watchOutgoing(): void;
  /** Shows an outgoing event to its catch-all listeners. */
  notifyOutgoing(args: readonly unknown[]): void;
  /** Waits for an acknowledgement. */
  expectAck(id: number, listener: AckListener, timeoutMs: number | undefined): void;
  /** Waits for an acknowledgement no longer. */
  forgetAck(id: number): void;
  /** Tells the listeners of `error` that the client broke a rule. */
  report(error: ProtocolError): void;
  /** Another connection took over the session. */
  supersede(): void;
  /** Ends the membership, whatever the reason; the second time nothing happens. */
  finish(reason: DisconnectReason, description: unknown): void;
}
