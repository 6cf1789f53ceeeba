/** Carries a message from a namespace to the sockets that a target names: encoded once, handed to each session's outbox. */

import { type Appended, type Offset, type StoredRecord, whenSettled } from '../backplane/backplane.js';
import { attempt, throwLater } from '../base/uncaught.js';
import { PacketType, type SocketPacket } from '../protocol/socket-io/packet.js';
import type { Outbox, PendingBroadcast } from '../session/outbox.js';
import type { EncodedPacket } from '../transport/encoded-packet.js';
import type { PacketCodec } from './codec.js';
import type { LoggedEvent, NamespaceLog } from './namespace-log.js';
import { OutgoingEvent } from './outgoing-event.js';
import type { Member, Rooms } from './rooms.js';
import type { Room, Target } from './target.js';

/** A socket as delivery sees it. */
export interface Recipient extends Member {
  /** Sends encoded packets over the socket's session. */
  sendEncoded(packets: readonly EncodedPacket[], isVolatile: boolean): void;
  /** Sends events of the log, each with its packets, unless the socket is late: then it reads them there, behind `previous`. */
  sendLogged(packets: readonly EncodedPacket[], previous: Offset): void;
  /** Shows an event to the socket's listeners for outgoing ones. */
  notifyOutgoing(args: readonly unknown[]): void;
}

/** Delivers the messages of one namespace. */
export class Delivery {
  /** Whether any socket ever listened to outgoing events: then each recipient has to be asked. */
  hasOutgoingListeners = false;
  /** Whether a client of another wire than Socket.IO's was ever here. */
  hasPlainMembers = false;
  readonly #rooms: Rooms<Recipient>;
  readonly #outbox: Outbox;
  readonly #codec: PacketCodec;
  readonly #log: NamespaceLog | undefined;
  #isCatchingUp = false;

  constructor(rooms: Rooms<Recipient>, outbox: Outbox, codec: PacketCodec, log: NamespaceLog | undefined) {
    this.#rooms = rooms;
    this.#outbox = outbox;
    this.#codec = codec;
    this.#log = log;
    log?.follow(() => this.#catchUp());
  }

  /** Sends a packet to every socket of the target. Throws ConfigError for data that cannot be encoded; then nobody gets it. */
  broadcast(packet: SocketPacket, target: Target): void {
    const isVolatile = target.flags.volatile === true;
    if (this.#log && !isVolatile && packet.type === PacketType.EVENT && packet.id === undefined) {
      this.#keep(this.#log, packet, target);
      return;
    }
    // What waits for its place in the log comes first, and the offset with it.
    if (this.#log) this.#outbox.settle();
    const packets = this.#encode(packet, target);
    if (this.hasOutgoingListeners) {
      this.#outbox.settle();
      for (const recipient of this.#notify(packet, target)) recipient.sendEncoded(packets, isVolatile);
      forgetSources(packets);
    } else if (isVolatile || target.except.size > 0 || target.rooms.size > 1) {
      this.#outbox.settle();
      this.#rooms.forEach(target, (recipient) => recipient.sendEncoded(packets, isVolatile));
      forgetSources(packets);
    } else {
      this.#postpone(packets, target);
    }
  }

  #encode(packet: SocketPacket, target: Target): readonly EncodedPacket[] {
    if (packet.type !== PacketType.EVENT) return this.#codec.encode(packet, target.flags.compress !== false);
    if (!this.#log || packet.id !== undefined) return this.#describe(packet, packet, target, undefined);
    // Every event ends with an offset, also those that are not kept, so that the newest one a client saw is always a real one.
    const { offset } = this.#log;
    const data = [...(packet.data as readonly unknown[]), offset];
    return this.#describe(packet, { ...packet, data }, target, offset);
  }

  /** Shows an event to whoever listens to all, and gives its recipients: a list, because listeners may change who is in the rooms. */
  #notify(packet: SocketPacket, target: Target): readonly Recipient[] {
    const recipients: Recipient[] = [];
    this.#rooms.forEach(target, (recipient) => recipients.push(recipient));
    for (const recipient of recipients) {
      attempt((args) => recipient.notifyOutgoing(args), packet.data as readonly unknown[]);
    }
    return recipients;
  }

  /** Puts an event into the log at the end of the turn, or before anything that could tell it from having been put there at once. */
  #keep(log: NamespaceLog, packet: SocketPacket, target: Target): void {
    const packets = this.#codec.encode(packet, target.flags.compress !== false);
    if (this.hasOutgoingListeners) {
      this.#outbox.settle();
      this.#notify(packet, target);
    }
    const event: LoggedEvent = { packet, packets, target };
    const pending = this.#outbox.pending;
    if (pending instanceof LoggedEvents && pending.log === log) pending.events.push(event);
    else this.#outbox.postpone(new LoggedEvents(log, event, (events) => this.#commit(log, events)));
  }

  #commit(log: NamespaceLog, events: readonly LoggedEvent[]): void {
    const deliver = (appended: Appended | undefined): void => {
      // Others have appended before: what they said comes first, and all of it is in the log.
      if (appended && appended.previous !== log.offset) this.#catchUp();
      else this.#deliver(log, events, appended?.offsets);
    };
    whenSettled(log.append(events), deliver, throwLater);
  }

  /** Hands events out that have their places in the log; those that could not be kept go out with the newest offset there is. */
  #deliver(log: NamespaceLog, events: readonly LoggedEvent[], offsets: readonly Offset[] | undefined): void {
    for (let at = 0; at < events.length; ) {
      const previous = log.offset;
      const { target } = events[at] as LoggedEvent;
      const packets: EncodedPacket[] = [];
      // Events to one room that stand in a row are handed to its members together.
      do {
        const event = events[at] as LoggedEvent;
        const offset = offsets?.[at] ?? log.offset;
        const marked = log.mark(event, offset);
        if (this.hasPlainMembers) this.#note(marked, event, offset);
        for (const packet of marked) packets.push(packet);
        log.advance(offset);
        at += 1;
      } while (at < events.length && isSameRoom(target, (events[at] as LoggedEvent).target));
      this.#rooms.forEach(target, (recipient) => recipient.sendLogged(packets, previous));
      forgetSources(packets);
    }
  }

  #note(packets: readonly EncodedPacket[], { packet, target }: LoggedEvent, offset: Offset): void {
    const [first] = packets;
    const details = { rooms: target.rooms, offset, origin: target.origin };
    if (!first) return;
    first.source = this.#codec.isOwnFormat
      ? OutgoingEvent.ofEncoded(packet, packets, details)
      : OutgoingEvent.of(packet, details);
  }

  /** Hands out what stands in the log behind what was handed out here: other processes have appended. */
  #catchUp(): void {
    const log = this.#log;
    if (!log || this.#isCatchingUp) return;
    this.#isCatchingUp = true;
    this.#outbox.settle();
    const next = (): void => {
      whenSettled(
        log.read(log.offset, CATCH_UP_PAGE),
        ({ records }) => {
          for (const record of records) this.#deliverRecord(log, record);
          if (records.length === CATCH_UP_PAGE) next();
          else this.#isCatchingUp = false;
        },
        (error) => {
          this.#isCatchingUp = false;
          throwLater(error);
        },
      );
    };
    next();
  }

  #deliverRecord(log: NamespaceLog, record: StoredRecord): void {
    const previous = log.offset;
    const packets = log.encode(record);
    log.advance(record.offset);
    const target: Target = { rooms: new Set(record.rooms), except: new Set(record.except), flags: {} };
    this.#rooms.forEach(target, (recipient) => recipient.sendLogged(packets, previous));
  }

  /** Encodes an event, and notes on its first packet what wires of another form need of it. */
  #describe(
    packet: SocketPacket,
    sent: SocketPacket,
    { rooms, flags, origin }: Target,
    offset: string | undefined,
  ): readonly EncodedPacket[] {
    const packets = this.#codec.encode(sent, flags.compress !== false);
    const first = this.hasPlainMembers ? packets[0] : undefined;
    if (first) {
      const details = { rooms, offset, origin };
      first.source = this.#codec.isOwnFormat
        ? OutgoingEvent.ofEncoded(packet, packets, details)
        : OutgoingEvent.of(packet, details);
    }
    return packets;
  }

  /** Messages to one room that come in a row are handed to its members together. */
  #postpone(packets: readonly EncodedPacket[], target: Target): void {
    let room: Room | undefined;
    for (const name of target.rooms) room = name;
    const pending = this.#outbox.pending;
    if (pending instanceof RoomBroadcast && pending.isTo(this.#rooms, room)) pending.add(packets);
    else this.#outbox.postpone(new RoomBroadcast(this.#rooms, room, packets, target));
  }
}

/** Messages to one room, or to a whole namespace, that nothing else came between. */
class RoomBroadcast implements PendingBroadcast {
  readonly #rooms: Rooms<Recipient>;
  readonly #room: Room | undefined;
  readonly #target: Target;
  readonly #packets: EncodedPacket[];

  constructor(rooms: Rooms<Recipient>, room: Room | undefined, packets: readonly EncodedPacket[], target: Target) {
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
    this.#rooms.forEach(this.#target, (recipient) => recipient.sendEncoded(this.#packets, false));
    forgetSources(this.#packets);
  }
}

/** Everybody has the form of its wire: what waits in an outbox, or is kept for recovery, need not hold on to the others. */
function forgetSources(packets: readonly EncodedPacket[]): void {
  for (const packet of packets) packet.source = undefined;
}

/** Records of other processes that are handed out at once. */
const CATCH_UP_PAGE = 1_000;

/** Events that nothing else came between, on their way into the log. */
class LoggedEvents implements PendingBroadcast {
  readonly log: NamespaceLog;
  readonly events: LoggedEvent[];
  readonly #commit: (events: readonly LoggedEvent[]) => void;

  constructor(log: NamespaceLog, first: LoggedEvent, commit: (events: readonly LoggedEvent[]) => void) {
    this.log = log;
    this.events = [first];
    this.#commit = commit;
  }

  settle(): void {
    this.#commit(this.events);
  }
}

/** Whether two targets are the same one room, or both everybody. */
function isSameRoom(one: Target, other: Target): boolean {
  if (one.except.size > 0 || other.except.size > 0 || one.rooms.size > 1 || one.rooms.size !== other.rooms.size)
    return false;
  for (const room of one.rooms) return other.rooms.has(room);
  return true;
}
