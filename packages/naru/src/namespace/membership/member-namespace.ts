/** The namespace as its members see it. */
import type { SocketPacket } from '../../protocol/socket-io/packet.js';
import type { Flags, Room, SocketId, Target } from '../event/target.js';
import type { NotedNamespace } from '../explain/journal.js';
import type { EffectiveRooms } from '../log/effective-rooms.js';
import type { Fences } from '../log/fences.js';
import type { NamespaceLog } from '../log/namespace-log.js';
import type { LogDelivery } from '../log/order/log-delivery.js';
import type { Guards } from '../permissions/guard.js';
import type { PresentAs } from '../presence/roster.js';
import type { Recovery } from '../recovery/recovery.js';
import type { Rooms } from '../rooms.js';
import type { BroadcastScope, ScopeSource } from '../socket/broadcast.js';
import type { ListenerErrors } from '../socket/listener-errors.js';
import type { Member, Socket } from '../socket/socket.js';
import type { Acks } from './acks.js';
import type { Reception } from './reception.js';

/** The part of a namespace that its members use. */
export interface MemberNamespace extends BroadcastScope<Socket>, NotedNamespace {
  /** The namespace that the application holds. */
  readonly api: ScopeSource & { readonly name: string };
  readonly server: unknown;
  readonly listenerErrors: ListenerErrors;
  readonly guards: Guards;
  /** When the namespace was created, in milliseconds of the server's clock. */
  readonly beganAt: number;
  readonly members: Rooms<Member>;
  /** The recipients of events. */
  readonly recipients: EffectiveRooms<Member>;
  readonly recovery: Recovery | undefined;
  /** The log, if there is one. */
  readonly log: NamespaceLog | undefined;
  /** The order of what the program does, if there is a log here or in another namespace. */
  readonly fences: Fences | undefined;
  /** The reception of the namespace, which sends packets to members. */
  readonly reception: Reception;
  readonly delivery: BroadcastScope<Socket>['delivery'] & {
    /** Delivers the log, if there is one. */
    readonly order: Pick<LogDelivery, 'onMore'> | undefined;
    /** Sends a packet as `broadcast` does, but beside the log it stays on this node. */
    deliver(packet: SocketPacket, target: Target): void;
    /** A member has entered a room, or left it: for `undefined` the namespace. */
    onRoom(member: Member, room: Room | undefined, isIn: boolean): void;
  };
  readonly presences: {
    /** Returns the presence of a member that is gone. Gives `undefined` for one that is connected and present. */
    heldBy(id: SocketId, isLive?: boolean): readonly PresentAs[] | undefined;
  };
  createId(): SocketId;
  createAckId(): number;
  createAcks(socket: Socket): Acks;
  /** Carries out postponed broadcasts. */
  settle(): void;
  /** A socket is about to join rooms. `isPlaced` says that the log has the place of that. */
  beforeJoin(rooms: readonly Room[], isPlaced: boolean): void;
  /**
   * Carries out an operation after all earlier events, also those that wait for the same flight. It waits for the log
   * for a second at most. A patient one waits as long as it takes, and events that are postponed now come after it.
   */
  inOrder(operation: () => void, isPatient?: boolean): void;
  /** Checks whether the namespace is empty. */
  checkEmpty(): void;
  /** Sends a packet to one member, subject to its policy for slow readers. */
  sendTo(member: Member, packet: SocketPacket, flags: Flags): void;
  watchOutgoing(): void;
  /** Notes that a client on a plain wire has joined. */
  watchPlain(): void;
  /** Answers one of Naru's own events. Returns `false` if the name is unknown. */
  answer(member: Member, event: readonly unknown[], ack: (...args: unknown[]) => void): boolean;
  /** Removes a member that left. With `isLost`, its client may come back. */
  remove(member: Member, isLost: boolean): void;
}
