/** Sends the events and records of a log to the members that they are for. */

import type { Offset, StoredRecord } from '../../../backplane/backplane.js';
import { STOCK_ATTACHMENTS_MAX } from '../../../protocol/socket-io/packet.js';
import type { Outbox } from '../../../session/outbox.js';
import type { EncodedPacket } from '../../../transport/encoded-packet.js';
import type { PacketCodec } from '../../event/codec.js';
import { keyOf, noteEvent } from '../../event/event-notes.js';
import type { Target } from '../../event/target.js';
import { EVERYBODY, type RoomMember } from '../../rooms.js';
import type { SlowPolicies } from '../../slow-policies/namespace-policies.js';
import type { Member } from '../../socket/socket.js';
import type { EffectiveRooms } from '../effective-rooms.js';
import type { NamespaceLog } from '../namespace-log.js';
import { isSameRoom, type LoggedEvent, nameOf, targetOf } from '../records.js';

/** The part of a member that gets the events of a log. */
export type LogRecipient = RoomMember & Pick<Member, 'sendLogged' | 'readFrom' | 'client'>;

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

/**
 * Sends events to the members at this place in the log, and moves the place. Consecutive events to the same members go
 * to them together.
 */
export class Sending {
  readonly #context: LogDeliveryContext;

  constructor(context: LogDeliveryContext) {
    this.#context = context;
  }

  /** Sends events of this process. Those that the log could not keep have no offset. */
  events(events: readonly LoggedEvent[], offsets: readonly Offset[]): void {
    const { log, rooms } = this.#context;
    for (let at = 0; at < events.length; ) {
      const previous = log.offset;
      const { target } = events[at] as LoggedEvent;
      const packets: EncodedPacket[] = [];
      let most = 0;
      do {
        const event = events[at] as LoggedEvent;
        const offset = offsets[at] ?? log.offset;
        // Clients that are about to come back need the event, although nobody is here.
        const marked = rooms.isEmpty ? [] : log.packets.mark(event, offset);
        if (marked.length > 0) this.#context.describe(marked, event, offset);
        for (const packet of marked) packets.push(packet);
        most = Math.max(most, marked.length - 1);
        log.delivered(offset, event);
        at += 1;
      } while (at < events.length && isSameRoom(target, (events[at] as LoggedEvent).target));
      if (packets.length === 0) continue;
      this.#send(target, packets, previous, most);
      // Every recipient has the form of its wire by now. Packets that wait in an outbox should not keep the other forms
      // alive.
      for (const packet of packets) packet.source = undefined;
    }
  }

  /** Sends records of the log. */
  records(records: readonly StoredRecord[]): void {
    const { log, rooms, policies } = this.#context;
    for (let at = 0; at < records.length; ) {
      const previous = log.offset;
      const first = records[at] as StoredRecord;
      const packets: EncodedPacket[] = [];
      let most = 0;
      let record: StoredRecord | undefined = first;
      do {
        if (record.offset > log.offset && !log.consume(record) && !rooms.isEmpty) {
          const encoded = log.packets.encode(record);
          if (policies?.isNoting) noteEvent(encoded, keyOf(nameOf(record), record.rooms, record.key), record.offset);
          for (const packet of encoded) packets.push(packet);
          most = Math.max(most, record.attachments.length);
        }
        log.delivered(record.offset, record);
        at += 1;
        record = records[at];
      } while (record && isSameRoom(first, record));
      if (packets.length > 0) this.#send(targetOf(first), packets, previous, most);
    }
  }

  /**
   * Sends packets after `previous`. `most` is the greatest number of attachments. A client that takes fewer reads for
   * itself, and leaves the event out.
   */
  #send(target: Target, packets: readonly EncodedPacket[], previous: Offset, most: number): void {
    const { rooms, policies } = this.#context;
    const policy = policies?.of(target.rooms);
    for (const recipient of rooms.recipientsOf(target)) {
      if (most > STOCK_ATTACHMENTS_MAX && most > recipient.client.attachmentsMax) recipient.readFrom(previous);
      else recipient.sendLogged(packets, previous, policy);
    }
  }

  /**
   * Counts records as delivered that were trimmed, up to the `first` that is left, or up to `until`. Each socket reads
   * for itself, and is told by that what is missing.
   */
  gap(first: StoredRecord | undefined, until: Offset | undefined): void {
    const { log } = this.#context;
    const from = log.offset;
    log.skip(first?.offset ?? until ?? from);
    // A message to processes is passed on.
    if (first && first.offset > from) log.consume(first);
    this.readFrom(from);
  }

  /** Has each socket read for itself. */
  readFrom(after: Offset): void {
    for (const recipient of this.#context.rooms.recipientsOf(EVERYBODY)) recipient.readFrom(after);
  }
}
