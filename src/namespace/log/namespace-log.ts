/** The log of one namespace: events go in as they were encoded, and come out as packets for any wire. */

import {
  type Appended,
  chain,
  type Log,
  type LogExtent,
  type LogRecord,
  type MaybePromise,
  type Offset,
  type Page,
  request,
  type StoredRecord,
  ZERO_OFFSET,
} from '../../backplane/backplane.js';
import { gapRecord, isForNoSocket, isTold, TOLD_ROOM } from '../../backplane/own-records.js';
import type { Bytes } from '../../base/bytes.js';
import type { Clock } from '../../base/clock.js';
import { detachBinary } from '../../protocol/socket-io/binary.js';
import { encodeJson, encodeText, PacketType, type SocketPacket } from '../../protocol/socket-io/packet.js';
import { EncodedPacket } from '../../transport/encoded-packet.js';
import type { PacketCodec } from '../codec.js';
import { decodeData, OutgoingEvent } from '../outgoing-event.js';
import type { Room, Target } from '../target.js';
import { ReadingOrder } from './reading-order.js';
import { type SharedPage, SharedPages } from './shared-pages.js';

/** What the log of a namespace needs. */
export interface NamespaceLogContext {
  readonly clock: Clock;
  readonly codec: PacketCodec;
  /** Told when events could not be kept; they are delivered all the same. */
  onLogError(error: unknown, namespace: string): void;
  /** Hands out what others have appended. */
  onRefresh?(): MaybePromise<void>;
  /** Called before events are appended, to write first what they may tell a client of. */
  onAppending?(): void;
  /** Told what another process said to this one. */
  onTold?(message: readonly unknown[]): void;
}

/** An event on its way into the log. `packets` are its encoding without an offset. */
export interface LoggedEvent {
  readonly packet: SocketPacket;
  readonly packets: readonly EncodedPacket[];
  readonly target: Target;
}

/** Packets of events that were read again, and their bytes, so that many who are late share them. */
const REMEMBERED_MAX = 8_192;
const REMEMBERED_BYTES_MAX = 2 * 1024 * 1024;

/** The log of one namespace. Guarantee: `offset` is always one that the log has given out, or the one before the first. */
export class NamespaceLog {
  readonly #name: string;
  readonly #log: Log;
  readonly #context: NamespaceLogContext;
  /** The order of the readers that read much of it. */
  readonly readers: ReadingOrder;
  readonly #remembered = new Map<Offset, readonly EncodedPacket[]>();
  #rememberedBytes = 0;
  readonly #pages = new SharedPages(
    (after, limit) => this.read(after, limit),
    (record) => !isForNoSocket(record),
    (offset) => this.knows(offset),
  );
  #offset: Offset = ZERO_OFFSET;
  /** Behind what events could not be kept, as long as the log does not say so. */
  #lostBehind: Offset | undefined;

  /** Whether events end with their offsets for clients of Socket.IO, which they do where these can be recovered. */
  readonly isMarked: boolean;

  /** Settles when it is known where the log stands, where that takes a while: what was there before is nothing to hand out. */
  beginning: Promise<void> | undefined;

  constructor(name: string, log: Log, context: NamespaceLogContext, isMarked = true) {
    this.isMarked = isMarked;
    this.#name = name;
    this.#log = log;
    this.#context = context;
    this.readers = new ReadingOrder(context.clock);
    const beginning = this.advanceToEnd();
    if (!(beginning instanceof Promise)) return;
    this.beginning = beginning.then(() => {
      this.beginning = undefined;
    });
  }

  /** The newest event that was handed out here. */
  get offset(): Offset {
    return this.#offset;
  }

  /** An event was handed out. */
  advance(offset: Offset): void {
    if (offset > this.#offset) this.#offset = offset;
  }

  /** Whatever stands in the log counts as handed out, if that is still wanted when it is known. */
  advanceToEnd(isWanted = (): boolean => true): MaybePromise<void> {
    const onExtent = ({ newest }: LogExtent): void => {
      if (isWanted()) this.advance(newest);
    };
    return request(
      () => chain(this.extent(), onExtent),
      (error) => this.report(error),
    );
  }

  /** Hands out what other processes have appended. */
  refresh(): MaybePromise<void> {
    return this.#context.onRefresh?.();
  }

  /** The log failed. */
  report(error: unknown): void {
    this.#context.onLogError(error, this.#name);
  }

  /** Says something to the other processes, in its place among the events. */
  tell(messages: readonly (readonly unknown[])[]): void {
    const at = this.#context.clock.now();
    const toRecord = (message: readonly unknown[]): LogRecord => {
      return { rooms: [TOLD_ROOM], except: [TOLD_ROOM], event: JSON.stringify(message), attachments: [], at };
    };
    request<unknown>(
      () => this.#log.append(this.#name, messages.map(toRecord)),
      (error) => this.report(error),
    );
  }

  /** Takes a record that is for processes and not for sockets; `false` for any other. */
  take(record: StoredRecord): boolean {
    if (!isForNoSocket(record)) return false;
    if (isTold(record)) this.#context.onTold?.(JSON.parse(record.event) as unknown[]);
    return true;
  }

  /**
   * Keeps events; where they cannot be kept, `undefined`, and whoever listens is told. Before the next that can, the log says that there
   * were others: for who was away, who reads late, and those at other processes.
   */
  append(events: readonly LoggedEvent[]): MaybePromise<Appended | undefined> {
    this.#context.onAppending?.();
    this.#noteLost();
    const at = this.#context.clock.now();
    const failed = (error: unknown): undefined => {
      this.#lostBehind ??= this.#offset;
      this.report(error);
    };
    try {
      const appended = this.#log.append(
        this.#name,
        events.map((event) => this.#recordOf(event, at)),
      );
      return appended instanceof Promise ? appended.catch(failed) : appended;
    } catch (error) {
      return failed(error);
    }
  }

  #noteLost(): void {
    const after = this.#lostBehind;
    if (after === undefined) return;
    this.#lostBehind = undefined;
    const record = gapRecord(after, null, this.#context.clock.now());
    request<unknown>(
      () => this.#log.append(this.#name, [record]),
      () => {
        // The events fail next, and say so.
        this.#lostBehind = after;
      },
    );
  }

  /** What stands behind `after`. */
  read(after: Offset, limit: number): MaybePromise<Page> {
    return this.#log.read(this.#name, after, limit);
  }

  /**
   * What stands behind `after`, up to the newest event that was handed out here, and what is for none of `rooms` left out as far as that is
   * easy; read once for many who ask for nearly the same.
   */
  readShared(after: Offset, limit: number, rooms?: ReadonlySet<Room>): MaybePromise<SharedPage> {
    return this.#pages.read(after, limit, this.#offset, rooms);
  }

  /** The newest records before `before`, or of all, oldest first. */
  readBack(before: Offset | undefined, limit: number): MaybePromise<Page> {
    return this.#log.readBack(this.#name, before, limit);
  }

  /** Whether this log has given an offset out: who names another has had what does not stand here. */
  knows(offset: Offset): MaybePromise<boolean> {
    if (this.#log.knows) return this.#log.knows(this.#name, offset);
    if (offset <= this.#offset) return true;
    return chain(this.extent(), ({ newest }) => offset <= newest);
  }

  /** What there is of it. */
  extent(): MaybePromise<LogExtent> {
    return this.#log.extent(this.#name);
  }

  /** Calls `onMore` when another process has appended. */
  follow(onMore: () => void): () => void {
    return this.#log.follow(this.#name, onMore);
  }

  /** An event with its offset as its last argument, where that is to be. */
  mark({ packet, packets }: LoggedEvent, offset: Offset): readonly EncodedPacket[] {
    if (!this.isMarked) return packets;
    const [first] = packets;
    const { codec } = this.#context;
    if (!codec.isOwnFormat || typeof first?.unit !== 'string') {
      const data = [...(packet.data as readonly unknown[]), offset];
      return codec.encode({ ...packet, data }, first?.compress !== false);
    }
    const marked = [...packets];
    marked[0] = new EncodedPacket(`${first.unit.slice(0, -1)},"${offset}"]`, first.compress);
    return marked;
  }

  /** A record as the packets that it was, with its offset as `mark` adds it. The same for all who ask for it in a row. */
  encode(record: StoredRecord): readonly EncodedPacket[] {
    const known = this.#remembered.get(record.offset);
    if (known) return known;
    const packets = this.#make(record);
    if (this.#remembered.size >= REMEMBERED_MAX || this.#rememberedBytes >= REMEMBERED_BYTES_MAX) {
      this.#remembered.clear();
      this.#rememberedBytes = 0;
    }
    this.#remembered.set(record.offset, packets);
    for (const { size } of packets) this.#rememberedBytes += size;
    return packets;
  }

  #make({ event, attachments, offset, rooms }: StoredRecord): readonly EncodedPacket[] {
    const { codec } = this.#context;
    const name = this.#name;
    const { isMarked } = this;
    const text = isMarked ? `${event.slice(0, -1)},"${offset}"]` : event;
    const count = attachments.length;
    const head = count > 0 ? `${PacketType.BINARY_EVENT}${count}-` : PacketType.EVENT;
    const own = [
      new EncodedPacket(`4${encodeText(head, name, undefined, text)}`),
      ...attachments.map((bytes) => new EncodedPacket(bytes)),
    ];
    const data = (): unknown[] => [...decodeData(event, attachments), ...(isMarked ? [offset] : [])];
    const packets = codec.isOwnFormat ? own : codec.encode({ type: PacketType.EVENT, nsp: name, data: data() }, true);
    const [first] = packets;
    const packet = { type: PacketType.EVENT, nsp: name, data: [firstOf(event)] };
    if (first) first.source = OutgoingEvent.ofEncoded(packet, own, { rooms: new Set(rooms), offset, isMarked });
    return packets;
  }

  #recordOf({ packet, packets, target }: LoggedEvent, at: number): LogRecord {
    const rooms = [...target.rooms];
    const except = [...target.except];
    const { key } = target.flags;
    if (this.#context.codec.isOwnFormat) {
      const count = packets.length - 1;
      const head = count > 0 ? `${PacketType.BINARY_EVENT}${count}-` : PacketType.EVENT;
      const start = 1 + encodeText(head, this.#name, undefined, '').length;
      const event = String(packets[0]?.unit).slice(start);
      return { rooms, except, event, attachments: packets.slice(1).map(({ unit }) => alone(unit as Bytes)), at, key };
    }
    const attachments: (Bytes | Blob)[] = [];
    const event = encodeJson(detachBinary(packet.data, attachments));
    return { rooms, except, event, attachments: (attachments as Bytes[]).map(alone), at, key };
  }
}

/** A few bytes of a Buffer may hold on to 64 KiB, which the log could not count. */
function alone(bytes: Bytes): Bytes {
  return new Uint8Array(bytes);
}

/** The name in the JSON of an event. */
function firstOf(event: string): unknown {
  return (JSON.parse(event) as unknown[])[0];
}
