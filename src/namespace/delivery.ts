/** Delivers messages from a namespace to the sockets of a target. Each message is encoded once and handed to each session's outbox. */

import type { MaybePromise, Offset } from '../backplane/backplane.js';
import { attempt } from '../base/uncaught.js';
import { PacketType, type SocketPacket } from '../protocol/socket-io/packet.js';
import type { Outbox, PendingBroadcast } from '../session/outbox.js';
import type { EncodedPacket } from '../transport/encoded-packet.js';
import type { PacketCodec } from './codec.js';
import { LogDelivery } from './log/log-delivery.js';
import type { LoggedEvent, NamespaceLog } from './log/namespace-log.js';
import { OutgoingEvent } from './outgoing-event.js';
import type { RoomMember, Rooms } from './rooms.js';
import { keyOf, noteEvent } from './slow-readers/event-notes.js';
import type { SlowPolicies } from './slow-readers/namespace-policies.js';
import type { ActivePolicy } from './slow-readers/policy.js';
import type { Member } from './socket/socket.js';
import type { Flags, Room, Target } from './target.js';

const NO_ROOMS: ReadonlySet<Room> = new Set();

/** The part of a member that delivery uses. */
export type Recipient = RoomMember & Pick<Member, 'sendEncoded' | 'sendLogged' | 'readFrom' | 'notifyOutgoing'>;

/** Delivers the messages of one namespace. */
export class Delivery {
  /** Whether any socket has ever listened to outgoing events. If so, every message is shown to each of its recipients. */
  hasOutgoingListeners = false;
  /** Whether a client on a plain wire has ever joined. */
  hasPlainMembers = false;
  readonly #rooms: Rooms<Recipient>;
  readonly #outbox: Outbox;
  readonly #codec: PacketCodec;
  readonly #log: NamespaceLog | undefined;
  readonly #logDelivery: LogDelivery | undefined;
  readonly #policies: SlowPolicies | undefined;

  constructor(
    rooms: Rooms<Recipient>,
    outbox: Outbox,
    codec: PacketCodec,
    log: NamespaceLog | undefined,
    policies?: SlowPolicies,
  ) {
    this.#policies = policies;
    this.#rooms = rooms;
    this.#outbox = outbox;
    this.#codec = codec;
    this.#log = log;
    this.#logDelivery =
      log &&
      new LogDelivery({
        rooms,
        outbox,
        log,
        policies,
        describe: (packets, event, offset) => this.#note(packets, event, offset),
      });
  }

  /** Delivers the events that other processes have appended to the log. */
  catchUp(): MaybePromise<void> {
    return this.#logDelivery?.catchUp();
  }

  /** Finds the end of the log, where a new socket begins. Without members the process does not follow the log, so it has to ask. */
  findPlace(): MaybePromise<void> {
    return this.#logDelivery?.findPlace();
  }

  /** Starts to follow the log of other processes. Called when a socket joins. */
  follow(): void {
    this.#logDelivery?.follow();
  }

  /** Stops following the log. Called when the last socket has left. */
  unfollow(): void {
    this.#logDelivery?.unfollow();
  }

  /** Sends a packet to every socket of the target. Throws ConfigError for data that cannot be encoded, before anything is sent. */
  broadcast(packet: SocketPacket, target: Target): void {
    const { flags } = target;
    const isVolatile = flags.volatile === true;
    // Every process delivers the events of the log, so an event with `local` is not appended.
    const isKept = !isVolatile && flags.local !== true && packet.type === PacketType.EVENT && packet.id === undefined;
    if (this.#logDelivery && isKept) {
      this.#keep(this.#logDelivery, packet, target);
      return;
    }
    // Events that wait to be appended come first. They also determine the offset that this packet carries.
    if (this.#log) this.#outbox.settle();
    const packets = this.#encode(packet, target);
    const policy = this.#policies?.of(target.rooms);
    if (this.hasOutgoingListeners) {
      this.#outbox.settle();
      for (const recipient of this.#notify(packet, target)) recipient.sendEncoded(packets, isVolatile, policy);
      forgetSources(packets);
    } else if (isVolatile || target.except.size > 0 || target.rooms.size > 1) {
      this.#outbox.settle();
      this.#rooms.forEach(target, (recipient) => recipient.sendEncoded(packets, isVolatile, policy));
      forgetSources(packets);
    } else {
      this.#postpone(packets, target);
    }
  }

  /** Sends a packet to one socket, subject to `policy`. */
  sendTo(recipient: Recipient, packet: SocketPacket, flags: Flags, policy: ActivePolicy | undefined): void {
    this.#outbox.settle();
    const packets = this.#encode(packet, { rooms: NO_ROOMS, except: NO_ROOMS, flags });
    recipient.sendEncoded(packets, flags.volatile === true, policy);
    forgetSources(packets);
  }

  #encode(packet: SocketPacket, target: Target): readonly EncodedPacket[] {
    if (packet.type !== PacketType.EVENT) return this.#codec.encode(packet, target.flags.compress !== false);
    if (!this.#log?.isMarked || packet.id !== undefined) return this.#describe(packet, packet, target, undefined);
    // Every event carries an offset, even one that is not in the log. The last offset that a client saw is therefore always valid.
    const { offset } = this.#log;
    const data = [...(packet.data as readonly unknown[]), offset];
    return this.#describe(packet, { ...packet, data }, target, offset);
  }

  /** Shows an event to catch-all listeners and returns its recipients. The list is a copy, because listeners may change the rooms. */
  #notify(packet: SocketPacket, target: Target): readonly Recipient[] {
    const recipients: Recipient[] = [];
    this.#rooms.forEach(target, (recipient) => recipients.push(recipient));
    for (const recipient of recipients) {
      attempt((args) => recipient.notifyOutgoing(args), packet.data as readonly unknown[]);
    }
    return recipients;
  }

  /** Passes an event to the log, which delivers it. */
  #keep(log: LogDelivery, packet: SocketPacket, target: Target): void {
    const packets = this.#codec.encode(packet, target.flags.compress !== false);
    if (this.hasOutgoingListeners) {
      this.#outbox.settle();
      this.#notify(packet, target);
    }
    log.keep({ packet, packets, target });
  }

  #note(packets: readonly EncodedPacket[], { packet, target }: LoggedEvent, offset: Offset): void {
    if (this.#policies?.isNoting)
      noteEvent(packets, keyOf((packet.data as readonly unknown[])[0], target.rooms, target.flags.key), offset);
    const [first] = packets;
    const details = { rooms: target.rooms, offset, isMarked: this.#log?.isMarked, origin: target.origin };
    if (!first || !this.hasPlainMembers) return;
    first.source = this.#codec.isOwnFormat
      ? OutgoingEvent.ofEncoded(packet, packets, details)
      : OutgoingEvent.of(packet, details);
  }

  /** Encodes an event, and notes the event on its first packet for wires that do not send Socket.IO's form. */
  #describe(
    packet: SocketPacket,
    sent: SocketPacket,
    { rooms, flags, origin }: Target,
    offset: string | undefined,
  ): readonly EncodedPacket[] {
    const packets = this.#codec.encode(sent, flags.compress !== false);
    if (this.#policies?.isNoting && packet.id === undefined)
      noteEvent(packets, keyOf((packet.data as readonly unknown[])[0], rooms, flags.key), offset);
    const first = this.hasPlainMembers ? packets[0] : undefined;
    if (first) {
      const details = { rooms, offset, origin };
      first.source = this.#codec.isOwnFormat
        ? OutgoingEvent.ofEncoded(packet, packets, details)
        : OutgoingEvent.of(packet, details);
    }
    return packets;
  }

  /** Postpones a message. Consecutive messages to one room then go to its members together. */
  #postpone(packets: readonly EncodedPacket[], target: Target): void {
    let room: Room | undefined;
    for (const name of target.rooms) room = name;
    const pending = this.#outbox.pending;
    if (pending instanceof RoomBroadcast && pending.isTo(this.#rooms, room)) {
      pending.add(packets);
      this.#outbox.prolong();
    } else this.#outbox.postpone(new RoomBroadcast(this.#rooms, room, packets, target, this.#policies));
  }
}

/** Consecutive messages to one room, or to a whole namespace. */
class RoomBroadcast implements PendingBroadcast {
  readonly #rooms: Rooms<Recipient>;
  readonly #room: Room | undefined;
  readonly #target: Target;
  readonly #packets: EncodedPacket[];
  readonly #policies: SlowPolicies | undefined;

  constructor(
    rooms: Rooms<Recipient>,
    room: Room | undefined,
    packets: readonly EncodedPacket[],
    target: Target,
    policies: SlowPolicies | undefined,
  ) {
    this.#policies = policies;
    this.#rooms = rooms;
    this.#room = room;
    this.#target = target;
    this.#packets = [...packets];
  }

  isTo(rooms: Rooms<Recipient>, room: Room | undefined): boolean {
    return this.#rooms === rooms && this.#room === room;
  }

  add(packets: readonly EncodedPacket[]): void {
    for (const packet of packets) this.#packets.push(packet);
  }

  settle(): void {
    const policy = this.#policies?.of(this.#target.rooms);
    this.#rooms.forEach(this.#target, (recipient) => recipient.sendEncoded(this.#packets, false, policy));
    forgetSources(this.#packets);
  }
}

/**
 * Clears the sources of packets once every recipient has the form of its wire. Packets that wait in an outbox, or are kept for recovery,
 * should not keep the other forms alive.
 */
function forgetSources(packets: readonly EncodedPacket[]): void {
  for (const packet of packets) packet.source = undefined;
}
