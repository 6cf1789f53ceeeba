/** What a socket is between: its namespace, and the connection that carries it. */
import type { Clock } from '../../base/clock.js';
import type { SocketPacket } from '../../protocol/socket-io/packet.js';
import type { Session } from '../../session/session.js';
import type { EncodedPacket } from '../../transport/encoded-packet.js';
import type { BroadcastScope, BroadcastSocket } from '../broadcast.js';
import type { History } from '../history/history.js';
import type { NamespaceLog } from '../log/namespace-log.js';
import type { PermissionSocket, Permissions } from '../permissions/permissions.js';
import type { Presences } from '../presence/presences.js';
import type { PresentSocket } from '../presence/present-room.js';
import type { Recovery } from '../recovery/recovery.js';
import type { Member, Rooms } from '../rooms.js';
import type { SlowReaders } from '../slow-readers/slow-readers.js';
import type { Flags, SocketId, Target } from '../target.js';
import type { Acks } from './acks.js';

/** Why a socket was disconnected. */
export type DisconnectReason =
  | 'transport error'
  | 'transport close'
  | 'forced close'
  | 'ping timeout'
  | 'parse error'
  | 'server shutting down'
  | 'forced server close'
  | 'client namespace disconnect'
  | 'server namespace disconnect';

/** After these a client may come back and go on; the others are a decision. */
export const RECOVERABLE: ReadonlySet<DisconnectReason> = new Set([
  'transport error',
  'transport close',
  'forced close',
  'ping timeout',
  'server shutting down',
  'forced server close',
]);

/** What a socket needs of its namespace. */
export interface SocketScope<Socket extends Member & BroadcastSocket & PermissionSocket & PresentSocket> {
  readonly name: string;
  readonly server: unknown;
  readonly clock: Clock;
  readonly members: Rooms<Socket>;
  readonly scope: BroadcastScope<Socket>;
  readonly recovery: Recovery | undefined;
  /** The log, where there is one. */
  readonly log: NamespaceLog | undefined;
  /** Bytes that may wait for a client before it reads from the log what it gets. */
  readonly lateBytesMax: number;
  /** Its clients that read slowly. */
  readonly slowReaders: SlowReaders;
  /** What was sent to its rooms. */
  readonly past: History;
  /** Who is in its rooms. */
  readonly presences: Presences<Socket>;
  /** What clients may do by themselves. */
  readonly permissions: Permissions<Socket>;
  createId(): SocketId;
  createAckId(): number;
  createAcks(): Acks;
  /** Carries out what broadcasts put off. */
  settle(): void;
  broadcast(packet: SocketPacket, target: Target): void;
  /** Sends to one socket alone, by the policy of the namespace. */
  sendTo(socket: Socket, packet: SocketPacket, flags: Flags): void;
  watchOutgoing(): void;
  /** A client of another wire than Socket.IO's entered. */
  watchPlain(): void;
  /** Answers an event of Naru's own; `false` when there is none of that name. */
  answer(socket: Socket, event: readonly unknown[], ack: (...args: unknown[]) => void): boolean;
  /** It has left, `isLost` where it may come back. */
  remove(socket: Socket, isLost: boolean): void;
}

/** What a socket needs of the connection that carries it. */
export interface SocketClient<Socket> {
  readonly conn: Session;
  /** Whether its sockets can be recovered by Socket.IO's `pid` and offset. */
  readonly isRecoverable: boolean;
  /** Tells the client that it is in. */
  welcome(socket: Socket, pid: string | undefined): void;
  /** Sends a packet to this client alone. Throws ConfigError for data that cannot be encoded. */
  write(packet: SocketPacket, flags?: Flags): void;
  /** Sends one message that was encoded for many. */
  deliver(packets: readonly EncodedPacket[], isVolatile: boolean): void;
  remove(socket: Socket, reason: DisconnectReason): void;
  disconnect(): void;
}
