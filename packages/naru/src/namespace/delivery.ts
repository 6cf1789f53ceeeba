/**
 * Delivers messages from a namespace to the sockets of a target. Each message is encoded once and handed to each
 * session's outbox.
 */
import type { Offset } from '../backplane/backplane.js';
import type { Answer } from '../base/steps/answer.js';
import { attempt, ignore } from '../base/uncaught.js';
import { PacketType, type SocketPacket } from '../protocol/socket-io/packet.js';
import type { Outbox, PendingBroadcast } from '../session/outbox.js';
import type { EncodedPacket } from '../transport/encoded-packet.js';
import type { PacketCodec } from './event/codec.js';
import { type GroupNote, keyOf, noteEvent } from './event/event-notes.js';
import { OutgoingEvent } from './event/outgoing-event.js';
import type { Flags, Room, Target } from './event/target.js';
import type { NotedNamespace } from './explain/journal.js';
import type { EffectiveRooms } from './log/effective-rooms.js';
import type { NamespaceLog } from './log/namespace-log.js';
import { LogDelivery } from './log/order/log-delivery.js';
import type { LoggedEvent } from './log/records.js';
import { NO_ROOMS, type RoomMember, type Rooms } from './rooms.js';
import type { SlowPolicies } from './slow-policies/namespace-policies.js';
import { type ActivePolicy, hasGroups } from './slow-policies/policy.js';
import type { SlowReaders } from './slow-readers/slow-readers.js';
import type { Member } from './socket/socket.js';
import { noteSent, tellEventFar, tellEventOut } from './socket/socket-taps.js';

/** The part of a member that delivery uses. */
export type Recipient = RoomMember &
  Pick<Member, 'sendEncoded' | 'sendLogged' | 'readFrom' | 'notifyOutgoing' | 'client' | 'lag'>;

/** The part of the slow readers of a namespace that delivery uses. */
export type DeliverySlow = Pick<SlowReaders, 'policies' | 'groups' | 'memory'>;

/** Delivers the messages of one namespace. */
export class Delivery {
  /**
   * Whether any socket has ever listened to outgoing events. If so, every message is shown to each of its recipients.
   */
  hasOutgoingListeners = false;
  /** Whether a client on a plain wire has ever joined. */
  hasPlainMembers = false;
  readonly #rooms: Rooms<Recipient>;
  readonly #outbox: Outbox;
  readonly #codec: PacketCodec;
  readonly #log: NamespaceLog | undefined;
  /** Appends events to the log, and delivers what stands there, if there is a log. */
  readonly order: LogDelivery | undefined;
  readonly #recipients: EffectiveRooms<Recipient>;
  readonly #policies: SlowPolicies | undefined;
  readonly #slow: DeliverySlow | undefined;
  readonly #sendFar: (packet: SocketPacket, target: Target) => void;
  readonly #noted: NotedNamespace | undefined;

  /** `sendFar` sends an event to the sockets of other nodes, unless they find it in the log. */
  constructor(
    rooms: Rooms<Recipient>,
    recipients: EffectiveRooms<Recipient>,
    outbox: Outbox,
    codec: PacketCodec,
    log: NamespaceLog | undefined,
    slow?: DeliverySlow,
    sendFar: (packet: SocketPacket, target: Target) => void = ignore,
    noted?: NotedNamespace,
  ) {
    this.#noted = noted;
    this.#sendFar = sendFar;
    const policies = slow?.policies;
    this.#slow = slow;
    this.#policies = policies;
    this.#rooms = rooms;
    this.#recipients = recipients;
    this.#outbox = outbox;
    this.#codec = codec;
    this.#log = log;
    this.order =
      log &&
      new LogDelivery({
        rooms: recipients,
        outbox,
        codec,
        log,
        policies,
        describe: (packets, event, offset) => this.#note(packets, event, offset),
      });
  }

  /** Has what stands in the log by now delivered before anything that the program does from here on. */
  reachEnd(): void {
    this.order?.reachEnd();
  }

  /**
   * Finds the end of the log, where a new socket begins. A process without sockets does not follow the log, so it
   * begins to. A guest gets no events, so it has no place.
   */
  findPlace(isGuest = false): Answer<void> {
    if (!isGuest) return this.order?.findPlace();
  }

  /**
   * Sends a packet to every socket of the target. Throws ConfigError for data that cannot be encoded, before anything
   * is sent. `before` is called right before the recipients get a packet that no log keeps. It gets `true` if these are
   * the members that programs see now. The sockets of other nodes get an event through the log, or beside it. A
   * question for acknowledgements stays here.
   */
  broadcast(packet: SocketPacket, given: Target, before: (isAtOnce: boolean) => void = ignore): void {
    const target = tellEventOut(packet, given);
    this.send(packet, target, before);
    if (packet.type === PacketType.EVENT && packet.id === undefined) this.#sendFar(packet, target);
  }

  /** Sends a packet as `broadcast` does, but sends nothing to other nodes beside the log. */
  deliver(packet: SocketPacket, target: Target): void {
    this.send(packet, tellEventOut(packet, target));
  }

  /** Sends a packet as `deliver` does, of which the taps know. */
  send(packet: SocketPacket, target: Target, before: (isAtOnce: boolean) => void = ignore): void {
    const { flags } = target;
    // Every process delivers the events of the log, so an event with `local` is not appended.
    const isVolatile = flags.volatile === true;
    const isKept = !isVolatile && flags.local !== true && packet.type === PacketType.EVENT && packet.id === undefined;
    if (this.order && isKept)
      this.order.keep(packet, target, this.hasOutgoingListeners ? () => this.#show(packet, target) : undefined);
    else this.#sendUnkept(packet, target, before);
  }

  /** Sends a packet that no log keeps, after the events that the program has sent before. */
  #sendUnkept(packet: SocketPacket, target: Target, before: (isAtOnce: boolean) => void): void {
    const { flags } = target;
    const isVolatile = flags.volatile === true;
    noteSent(this.#noted, packet, target);
    if (this.#log) {
      // Events that wait to be appended come first.
      this.#outbox.settle();
      const { fences } = this.#log;
      if (fences.isClosed && !isVolatile) {
        const encoded = this.#codec.encode(packet, flags.compress !== false);
        fences.runSoon(() => {
          // Joins and leaves wait for a log that is silent, and this event does not.
          const isAtOnce = fences.isOverdue;
          before(isAtOnce);
          this.#broadcastBeside({ packet, packets: encoded, target }, false, isAtOnce);
        });
        return;
      }
    }
    const encoded = this.#codec.encode(packet, flags.compress !== false);
    before(isVolatile);
    this.#broadcastBeside({ packet, packets: encoded, target }, isVolatile, isVolatile);
  }

  /** Sends a packet of another node to recipients at once, at this place in the log. */
  sendInPlace(packet: SocketPacket, target: Target, recipients: readonly Recipient[]): void {
    noteSent(this.#noted, packet, target);
    tellEventFar(packet, target.flags);
    const encoded = this.#codec.encode(packet, target.flags.compress !== false);
    const packets = this.#mark(packet, encoded, target);
    const policy = this.#policies?.of(target.rooms);
    if (hasGroups(policy)) this.#remember({ packet, packets: encoded, target }, policy);
    for (const recipient of recipients) {
      if (this.hasOutgoingListeners)
        attempt((args) => recipient.notifyOutgoing(args), packet.data as readonly unknown[]);
      recipient.sendEncoded(packets, target.flags.volatile === true, policy);
    }
    forgetSources(packets);
  }

  /**
   * Sends a packet that no log keeps. `isAtOnce`: to the members that programs see now, before the changes of rooms
   * that wait for the log.
   */
  #broadcastBeside(event: LoggedEvent, isVolatile: boolean, isAtOnce: boolean): void {
    const { packet, target } = event;
    const packets = this.#mark(packet, event.packets, target);
    const rooms = isAtOnce ? this.#rooms : this.#recipients;
    const policy = this.#policies?.of(target.rooms);
    const isOfGroups = hasGroups(policy);
    if (isOfGroups) {
      // A socket that enters from now on gets the event from memory. A postponed event would reach it twice.
      this.#outbox.settle();
      this.#remember(event, policy);
    }
    if (this.hasOutgoingListeners) {
      this.#outbox.settle();
      for (const recipient of this.#notify(packet, target, rooms)) recipient.sendEncoded(packets, isVolatile, policy);
      forgetSources(packets);
    } else if (isAtOnce || isOfGroups || target.except.size > 0 || target.rooms.size > 1) {
      this.#outbox.settle();
      for (const recipient of rooms.recipientsOf(target)) recipient.sendEncoded(packets, isVolatile, policy);
      forgetSources(packets);
    } else {
      this.#postpone(packets, target);
    }
  }

  /** Sends a packet to one socket, subject to `policy`. */
  sendTo(recipient: Recipient, packet: SocketPacket, flags: Flags, policy: ActivePolicy | undefined): void {
    this.#outbox.settle();
    const encoded = this.#codec.encode(packet, flags.compress !== false);
    // The groups and the keys of the socket's own room are not those of everybody.
    const rooms = (flags.mark ?? flags.key) === undefined ? NO_ROOMS : new Set([recipient.id]);
    const packets = this.#mark(packet, encoded, { rooms, except: NO_ROOMS, flags });
    recipient.sendEncoded(packets, flags.volatile === true, policy);
    forgetSources(packets);
  }

  /**
   * A member has entered a room, or left it: for `undefined` the namespace. A newcomer gets the newest group of the
   * room at once.
   */
  onRoom(member: Recipient, room: Room | undefined, isIn: boolean): void {
    const slow = this.#slow;
    if (!slow?.policies.isNoting) return;
    slow.groups.forget(member, room);
    const policy = slow.policies.of(room === undefined ? [] : [room]);
    if (!isIn || !hasGroups(policy)) return;
    for (const { packet, packets, target } of slow.memory.of(room)) {
      if (target.except.size > 0 && !this.#rooms.isIn(target, member.id)) continue;
      if (this.hasOutgoingListeners) attempt((args) => member.notifyOutgoing(args), packet.data as readonly unknown[]);
      const marked = this.#mark(packet, packets, target);
      member.sendEncoded(marked, true, policy);
      forgetSources(marked);
    }
  }

  /** Whether the policy `newest-group` decides about an event. */
  isOfGroup({ rooms, flags }: Target): boolean {
    return flags.mark !== undefined && hasGroups(this.#policies?.of(rooms));
  }

  /**
   * Returns the place of an event in its group. Events that the log keeps have none, because the log promises them to
   * every client.
   */
  #groupOf(rooms: ReadonlySet<Room>, { mark, volatile }: Flags): GroupNote | undefined {
    if (mark === undefined || !this.#policies || (this.#log && !volatile)) return undefined;
    return { mark, stream: this.#policies.streamOf(rooms) };
  }

  /** Keeps an event of a group for newcomers. Nobody enters the own room of a socket. */
  #remember(event: LoggedEvent, policy: ActivePolicy): void {
    const { packet, target } = event;
    const group = packet.id === undefined ? this.#groupOf(target.rooms, target.flags) : undefined;
    const isOwn = group?.stream !== undefined && this.#rooms.members.has(group.stream);
    if (group && !isOwn) this.#slow?.memory.add(group, event, policy);
  }

  /**
   * Ends an event with the newest offset, and notes the event for wires that send another form than Socket.IO's. Every
   * event carries an offset, even one that is not in the log. The last offset that a client saw is therefore always
   * valid.
   */
  #mark(packet: SocketPacket, packets: readonly EncodedPacket[], target: Target): readonly EncodedPacket[] {
    if (packet.type !== PacketType.EVENT) return packets;
    const isMarked = this.#log?.packets.isMarked === true && packet.id === undefined;
    if (!this.#log || !isMarked) return this.#describe(packet, packets, target, undefined);
    // Events that wait to be appended leave before this one. With an earlier offset, a client that comes back would get
    // them again.
    this.#outbox.settle();
    const { offset } = this.#log;
    return this.#describe(packet, this.#log.packets.mark({ packet, packets, target }, offset), target, offset);
  }

  /** Shows an event that the log keeps to the catch-all listeners of the members that programs see. */
  #show(packet: SocketPacket, target: Target): void {
    this.#outbox.settle();
    this.#notify(packet, target, this.#rooms);
  }

  /**
   * Shows an event to catch-all listeners and returns its recipients. The list is a copy, because listeners may change
   * the rooms.
   */
  #notify(packet: SocketPacket, target: Target, rooms: Pick<Rooms<Recipient>, 'recipientsOf'>): readonly Recipient[] {
    const recipients = [...rooms.recipientsOf(target)];
    for (const recipient of recipients) {
      attempt((args) => recipient.notifyOutgoing(args), packet.data as readonly unknown[]);
    }
    return recipients;
  }

  #note(packets: readonly EncodedPacket[], { packet, target }: LoggedEvent, offset: Offset): void {
    if (this.#policies?.isNoting)
      noteEvent(packets, keyOf((packet.data as readonly unknown[])[0], target.rooms, target.flags.key), offset);
    const [first] = packets;
    const details = { rooms: target.rooms, offset, isMarked: this.#log?.packets.isMarked, origin: target.origin };
    if (!first || !this.hasPlainMembers) return;
    first.source = this.#codec.isOwnFormat
      ? OutgoingEvent.ofEncoded(packet, packets, details)
      : OutgoingEvent.of(packet, details);
  }

  /** Encodes an event, and notes the event on its first packet for wires that do not send Socket.IO's form. */
  #describe(
    packet: SocketPacket,
    packets: readonly EncodedPacket[],
    { rooms, flags, origin }: Target,
    offset: string | undefined,
  ): readonly EncodedPacket[] {
    if (this.#policies?.isNoting && packet.id === undefined)
      noteEvent(
        packets,
        keyOf((packet.data as readonly unknown[])[0], rooms, flags.key),
        // The offset that it carries is that of a record before it. A reader of the log does not find the event there.
        undefined,
        flags.mark && this.#groupOf(rooms, flags),
      );
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
    if (pending instanceof RoomBroadcast && pending.isTo(this.#recipients, room)) {
      pending.add(packets);
      this.#outbox.prolong();
    } else this.#outbox.postpone(new RoomBroadcast(this.#recipients, room, packets, target, this.#policies));
  }
}

/** Consecutive messages to one room, or to a whole namespace. */
class RoomBroadcast implements PendingBroadcast {
  readonly #rooms: EffectiveRooms<Recipient>;
  readonly #room: Room | undefined;
  readonly #target: Target;
  readonly #packets: EncodedPacket[];
  readonly #policies: SlowPolicies | undefined;

  constructor(
    rooms: EffectiveRooms<Recipient>,
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

  isTo(rooms: EffectiveRooms<Recipient>, room: Room | undefined): boolean {
    return this.#rooms === rooms && this.#room === room;
  }

  add(packets: readonly EncodedPacket[]): void {
    for (const packet of packets) this.#packets.push(packet);
  }

  settle(): void {
    const policy = this.#policies?.of(this.#target.rooms);
    for (const recipient of this.#rooms.recipientsOf(this.#target)) recipient.sendEncoded(this.#packets, false, policy);
    forgetSources(this.#packets);
  }
}

/**
 * Clears the sources of packets once every recipient has the form of its wire. Packets that wait in an outbox, or are
 * kept for recovery, should not keep the other forms alive.
 */
function forgetSources(packets: readonly EncodedPacket[]): void {
  for (const packet of packets) packet.source = undefined;
}
