/** Sends the events and records of a log to the members that they are for. */

import type { Offset, StoredRecord } from '../../../backplane/backplane.js';
import type { Outbox } from '../../../session/outbox.js';
import type { EncodedPacket } from '../../../transport/encoded-packet.js';
import type { PacketCodec } from '../../event/codec.js';
import { keyOf, noteEvent } from '../../event/event-notes.js';
import { EVERYBODY, type RoomMember } from '../../rooms.js';
import type { SlowPolicies } from '../../slow-policies/namespace-policies.js';
import type { Member } from '../../socket/socket.js';
import type { EffectiveRooms } from '../effective-rooms.js';
import type { Flight } from '../fences.js';
import type { NamespaceLog } from '../namespace-log.js';
import { isTooWide, SocketReader } from '../reader/socket-reader.js';
import { isSameRoom, type LoggedEvent, nameOf, type RoomNames, targetOf } from '../records.js';

/** The part of a member that gets the events of a log. */
export type LogRecipient = RoomMember & Pick<Member, 'sendLogged' | 'sendEncoded' | 'readFrom' | 'client' | 'lag'>;

/** The part of a namespace that the delivery of a log uses. */
export interface LogDeliveryContext {
  /** The recipients of events. */
  readonly rooms: EffectiveRooms<LogRecipient>;
  readonly outbox: Outbox;
  readonly codec: PacketCodec;
  readonly log: NamespaceLog;
  /** The policies for sockets that read slowly. */
  readonly policies?: SlowPolicies | undefined;
  /** Notes the event on its packets, for wires that send another form than Socket.IO's. */
  describe(packets: readonly EncodedPacket[], event: LoggedEvent, offset: Offset): void;
}

type Item = LoggedEvent | StoredRecord;

const namesOf = (item: Item): RoomNames => ('packet' in item ? item.target : item);

/**
 * Sends events to the members at this place in the log, and moves the place. Consecutive events to the same members go
 * to them together.
 */
export class Sending {
  readonly #context: LogDeliveryContext;
  /** The flights whose events went out before the log had them, with the members that did not get each of these. */
  readonly #early = new Map<Flight, readonly (readonly LogRecipient[])[]>();
  /** Those members. They get what follows at its place, too, until none of these flights is open. */
  readonly #left = new Set<LogRecipient>();

  constructor(context: LogDeliveryContext) {
    this.#context = context;
  }

  /**
   * Sends events of this process or records of the log, from an index on. `offsets` are those of the events. Events
   * that the log could not keep have none.
   */
  items(items: readonly Item[], offsets: readonly Offset[] = [], from = 0): void {
    const { log, rooms, policies } = this.#context;
    for (let at = from; at < items.length; ) {
      const previous = log.offset;
      const first = items[at] as Item;
      const packets: EncodedPacket[] = [];
      // The greatest number of attachments.
      let most = 0;
      do {
        const item = items[at] as Item;
        const isEvent = 'packet' in item;
        const offset = isEvent ? (offsets[at] ?? log.offset) : item.offset;
        const encoded = isEvent ? this.#encodeEvent(item, offset) : this.#encodeRecord(item);
        for (const packet of encoded) packets.push(packet);
        if (encoded.length > 0) most = Math.max(most, isEvent ? encoded.length - 1 : item.attachments.length);
        // Clients that are about to come back need the event, although nobody is here.
        log.delivered(offset, item);
        at += 1;
      } while (at < items.length && isSameRoom(namesOf(first), namesOf(items[at] as Item)));
      if (packets.length === 0) continue;
      const target = 'packet' in first ? first.target : targetOf(first);
      const policy = policies?.of(target.rooms);
      for (const recipient of rooms.recipientsOf(target)) {
        // A client that takes fewer attachments reads for itself, and leaves the event out.
        if (isTooWide(most, recipient)) recipient.readFrom(previous);
        else recipient.sendLogged(packets, previous, policy);
      }
      // Every recipient has the form of its wire by now. Packets that wait in an outbox should not keep the other forms
      // alive.
      if ('packet' in first) for (const packet of packets) packet.source = undefined;
    }
  }

  /**
   * Sends the events of a flight at their offsets, from an index on. If they went out early, only those get them who
   * did not get them then.
   */
  flight(flight: Flight, offsets: readonly Offset[], from: number): void {
    const { log, policies } = this.#context;
    const left = log.isLocalWhileAway ? this.#early.get(flight) : undefined;
    if (!left) this.items(flight.events, offsets, from);
    if (!left && log.isLocalWhileAway) this.#early.set(flight, []);
    for (let at = from; left && at < flight.events.length; at += 1) {
      const event = flight.events[at] as LoggedEvent;
      const { rooms } = event.target;
      const previous = log.offset;
      const offset = offsets[at] ?? previous;
      const packets = this.#encodeEvent(event, offset);
      log.delivered(offset, event);
      const gap = { offset, rooms: [...rooms], except: [], event: '', attachments: [], at: 0 };
      for (const recipient of left[at] ?? []) {
        const isWide = isTooWide(packets.length - 1, recipient);
        // If it read from here on, it would read what it got early, too.
        const its = isWide ? log.packets.encodeGap(previous, undefined, gap) : packets;
        recipient.sendLogged(its, previous, policies?.of(rooms));
      }
      for (const packet of packets) packet.source = undefined;
    }
  }

  /** A flight is over, and so are those before it. */
  end(flight: Flight): void {
    this.#early.delete(flight);
    if (this.#early.size === 0) this.#left.clear();
  }

  /**
   * Sends the events of a flight early: the log has not taken them. They go to the members that programs see, with the
   * newest offset. A member that reads the log gets them there, or when the log has them.
   */
  early(flight: Flight): void {
    if (this.#early.has(flight)) return;
    const left = flight.events.map(() => [] as LogRecipient[]);
    this.#early.set(flight, left);
    const { log, rooms, policies } = this.#context;
    for (const [at, event] of flight.events.entries()) {
      const { target } = event;
      const packets = this.#encodeEvent(event, log.offset);
      const policy = policies?.of(target.rooms);
      for (const recipient of packets.length > 0 ? rooms.seen.recipientsOf(target) : []) {
        const isReading = recipient.lag instanceof SocketReader || recipient.client.isAtPlace;
        if (isReading || isTooWide(packets.length - 1, recipient)) this.#left.add(recipient);
        if (this.#left.has(recipient)) left[at]?.push(recipient);
        else recipient.sendEncoded(packets, false, policy);
      }
      for (const packet of packets) packet.source = undefined;
    }
  }

  #encodeEvent(event: LoggedEvent, offset: Offset): readonly EncodedPacket[] {
    const { log, rooms } = this.#context;
    const marked = rooms.isEmpty ? [] : log.packets.mark(event, offset);
    if (marked.length > 0) this.#context.describe(marked, event, offset);
    return marked;
  }

  #encodeRecord(record: StoredRecord): readonly EncodedPacket[] {
    const { log, rooms, policies } = this.#context;
    if (record.offset <= log.offset || log.consume(record) || rooms.isEmpty) return [];
    const encoded = log.packets.encode(record);
    if (policies?.isNoting) noteEvent(encoded, keyOf(nameOf(record), record.rooms, record.key), record.offset);
    return encoded;
  }

  /**
   * Counts the records after `from` as delivered that were trimmed or cannot be read, up to the `first` that is left,
   * or up to `until`. Each socket reads for itself, and is told by that what is missing.
   */
  gap(first: StoredRecord | undefined, until: Offset | undefined, from = this.#context.log.offset): void {
    const { log, rooms } = this.#context;
    log.skip(first?.offset ?? until ?? from);
    // A message to processes is passed on.
    if (first && first.offset > from) log.consume(first);
    for (const recipient of rooms.recipientsOf(EVERYBODY)) recipient.readFrom(from);
  }
}
