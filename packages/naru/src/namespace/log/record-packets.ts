/** The packets of the records of one log. Readers that come one after another share them. */
import { decodeOffset, type Offset, type StoredRecord } from '../../backplane/backplane.js';
import { gapRecord, isErased, lostRecord } from '../../backplane/own-records.js';
import { getOrCreate } from '../../base/get-or-create.js';
import { encodeText, eventHead, PacketType } from '../../protocol/socket-io/packet.js';
import { EncodedPacket } from '../../transport/encoded-packet.js';
import { PacketRun } from '../../transport/packet-run.js';
import type { PacketCodec } from '../event/codec.js';
import { decodeData, nameIn, OutgoingEvent } from '../event/outgoing-event.js';
import { countWithin, type LoggedEvent, SOCKET_PAGE_BYTES } from './records.js';

/** Limits of the memory for packets of events that were read again, in events and in bytes. */
const REMEMBERED_MAX = 8_192;
const REMEMBERED_BYTES_MAX = 2 * 1024 * 1024;

/** Stands for the packets of a record that one reader has got. They are remembered for a third one. */
const READ_ONCE: readonly EncodedPacket[] = [];

/** The packets of records that several readers get, and what each of these readers has to know of the records. */
interface SharedPackets {
  readonly run: PacketRun;
  /** The most attachments of one record. */
  readonly attachments: number;
  /** The count of such records that make a page. */
  readonly pageCount: number;
}

/** Makes packets of events and records, and remembers the packets that were used recently. */
export class RecordPackets {
  readonly #nsp: string;
  readonly #codec: PacketCodec;
  /** Whether events carry their offset as the last argument. Clients of Socket.IO need it to recover. */
  readonly isMarked: boolean;
  readonly #remembered = new Map<Offset, readonly EncodedPacket[]>();
  #rememberedBytes = 0;
  /** The packets of records that several readers get, for as long as these records are shared. */
  readonly #shared = new WeakMap<readonly StoredRecord[], SharedPackets>();

  constructor(nsp: string, codec: PacketCodec, isMarked: boolean) {
    this.#nsp = nsp;
    this.#codec = codec;
    this.isMarked = isMarked;
  }

  /** Returns the packets of an event of this process, with its offset. */
  mark({ packet, packets }: LoggedEvent, offset: Offset): readonly EncodedPacket[] {
    if (!this.isMarked || packets.length === 0) return packets;
    const [first, ...rest] = packets;
    if (this.#codec.isOwnFormat && typeof first?.unit === 'string')
      return [new EncodedPacket(withOffset(first.unit, offset), first.compress), ...rest];
    const data = [...(packet.data as readonly unknown[]), offset];
    return this.#codec.encode({ ...packet, data }, first?.compress !== false);
  }

  /** Returns the packets of a record. An erased one is a gap. */
  encode(record: StoredRecord): readonly EncodedPacket[] {
    if (isErased(record))
      return this.#make({ ...record, event: lostRecord(decodeOffset(record.offset) ?? 0, 0).event });
    const known = this.#remembered.get(record.offset);
    if (known && known !== READ_ONCE) return known;
    const packets = this.#make(record);
    if (this.#remembered.size >= REMEMBERED_MAX || this.#rememberedBytes >= REMEMBERED_BYTES_MAX) this.forget();
    // Most records are for one reader alone.
    this.#remembered.set(record.offset, known ? packets : READ_ONCE);
    if (known) for (const { size } of packets) this.#rememberedBytes += size;
    return packets;
  }

  /**
   * Returns the packets of a gap from the record after `after` to the one before `before`, with the offset of an erased
   * record.
   */
  encodeGap(after: Offset, before: Offset | undefined, erased: StoredRecord): readonly EncodedPacket[] {
    return this.#make({ ...erased, event: gapRecord(after, before ?? null, 0).event });
  }

  /** Returns the packets of records that several readers get, as `encode` makes them. */
  encodeShared(records: readonly StoredRecord[]): SharedPackets {
    return getOrCreate(this.#shared, records, () => ({
      run: new PacketRun(records.flatMap((record) => this.encode(record))),
      attachments: Math.max(...records.map(({ attachments }) => attachments.length)),
      pageCount: countWithin(SOCKET_PAGE_BYTES, records, 1),
    }));
  }

  /** Forgets all packets. */
  forget(): void {
    this.#remembered.clear();
    this.#rememberedBytes = 0;
  }

  #make({ event, attachments, offset, rooms }: StoredRecord): readonly EncodedPacket[] {
    const { isMarked } = this;
    const text = isMarked ? withOffset(event, offset) : event;
    const packet = { type: PacketType.EVENT, nsp: this.#nsp };
    const encoded = `4${encodeText(eventHead(attachments.length), packet.nsp, undefined, text)}`;
    const own = [encoded, ...attachments].map((unit) => new EncodedPacket(unit));
    const codec = this.#codec;
    const packets = codec.isOwnFormat ? own : codec.encode({ ...packet, data: decodeData(text, attachments) }, true);
    const source = (): OutgoingEvent =>
      OutgoingEvent.ofEncoded({ ...packet, data: [nameIn(event)] }, own, { rooms: new Set(rooms), offset, isMarked });
    if (packets[0]) packets[0].source = source;
    return packets;
  }
}

/** Returns the text of an event with its offset as the last argument. */
function withOffset(text: string, offset: Offset): string {
  return `${text.slice(0, -1)},"${offset}"]`;
}
