/**
 * The records of a log: made from events and from messages to other nodes, compared, and measured.
 */
import type { LogRecord, StoredRecord } from '../../backplane/backplane.js';
import { isForNoSocket, TOLD_ROOM } from '../../backplane/own-records.js';
import { sizeOfNames } from '../../backplane/record-size.js';
import type { Bytes } from '../../base/bytes.js';
import { getOrCreate } from '../../base/get-or-create.js';
import { audienceOf } from '../../base/node/socket-ids.js';
import { encodeValue } from '../../protocol/json-event/message.js';
import { detachBinary } from '../../protocol/socket-io/binary.js';
import { encodeJson, encodeText, eventHead, PacketType, type SocketPacket } from '../../protocol/socket-io/packet.js';
import type { EncodedPacket } from '../../transport/encoded-packet.js';
import { nameIn } from '../event/outgoing-event.js';
import type { Room, Target } from '../event/target.js';

/**
 * An event that is about to be appended. `packets` are its encoding without an offset. A message to other processes has
 * none.
 */
export interface LoggedEvent {
  readonly packet: SocketPacket;
  readonly packets: readonly EncodedPacket[];
  readonly target: Target;
}

const TOLD: Target = { rooms: new Set([TOLD_ROOM]), except: new Set([TOLD_ROOM]), flags: {} };

/** Returns a message to the other processes, which takes its place in the log among the events. */
export function toldEvent(message: readonly unknown[]): LoggedEvent {
  return { packet: { type: PacketType.EVENT, nsp: '', data: message }, packets: [], target: TOLD };
}

/**
 * Returns the record of an event. With `isOwnFormat`, its packets are Socket.IO's own text, and its bytes. It copies
 * bytes: a short slice of a Buffer may keep 64 KiB alive, which the log could not count.
 */
export function recordOf({ packet, packets, target }: LoggedEvent, isOwnFormat: boolean, at: number): LogRecord {
  const [rooms, except] = [[...target.rooms], [...target.except]];
  const { key, by, trace } = target.flags;
  if (target === TOLD) return { rooms, except, event: encodeValue(packet.data), attachments: [], at };
  const units = isOwnFormat ? packets.slice(1).map(({ unit }) => unit as Bytes) : [];
  const start = 1 + encodeText(eventHead(units.length), packet.nsp, undefined, '').length;
  const event = isOwnFormat ? String(packets[0]?.unit).slice(start) : encodeJson(detachBinary(packet.data, units));
  const attachments = units.map((unit) => new Uint8Array(unit));
  return { rooms, except, event, attachments, at, key, by, trace };
}

/** Returns the characters and bytes of an event, as they count for a batch. */
export function batchSizeOf({ packets, target }: Pick<LoggedEvent, 'packets' | 'target'>): number {
  const { rooms, except, flags } = target;
  const { key, by, trace } = flags;
  return sizeOfNames({ rooms, except, key, by, trace }) + sumOf(packets, ({ size }) => size);
}

/** The most parts of a turn. Each is an append of its own, so a turn with more goes to all processes as one. */
const PARTS_MAX = 12;

/**
 * Returns the events of a turn in parts: those for one tag, or for everybody. Only events for different tags change
 * their order.
 */
export function partsOf(events: readonly LoggedEvent[]): readonly (readonly LoggedEvent[])[] {
  const parts: LoggedEvent[][] = [];
  /** The parts that take more: that of everybody, or those of tags. */
  let open = new Map<string | undefined, LoggedEvent[]>();
  for (const event of events) {
    const tag = audienceOf({ rooms: [...event.target.rooms] });
    if (open.has(undefined) !== (tag === undefined)) open = new Map();
    const part = getOrCreate(open, tag, () => [] as LoggedEvent[]);
    if (part.push(event) === 1) parts.push(part);
  }
  return parts.length > PARTS_MAX ? [events] : parts;
}

/** Returns the target of a record. */
export function targetOf({ rooms, except }: StoredRecord): Target {
  return { rooms: new Set(rooms), except: new Set(except), flags: {} };
}

/** The names of the rooms in a target or a record. */
export type RoomNames = { readonly [Key in 'rooms' | 'except']: Iterable<Room> };

/**
 * Whether two events or records were sent to the same single room, or both to everybody. Such ones are delivered
 * together if they are consecutive.
 */
export function isSameRoom(one: RoomNames, other: RoomNames): boolean {
  const room = roomOf(one);
  return room !== undefined && room === roomOf(other);
}

/** Returns the only room, `null` for everybody, and `undefined` if there are several rooms, or exceptions. */
function roomOf({ rooms: [room, more], except: [excepted] }: RoomNames): Room | null | undefined {
  return more === undefined && excepted === undefined ? (room ?? null) : undefined;
}

/** Returns the name of an event with a conflation key. Other events do not need it. */
export function nameOf({ event, key }: StoredRecord): unknown {
  return key === undefined ? undefined : nameIn(event);
}

/** Bytes that a record counts for besides its own, and those for each room and each exception after the first. */
const RECORD_COST = 100;
const ROOM_COST = 32;

/** Returns the approximate bytes of memory that a record takes, with its entries in an index of rooms. */
export function costOf(record: StoredRecord): number {
  return sizeOf(record) + RECORD_COST + Math.max(0, record.rooms.length + record.except.length - 1) * ROOM_COST;
}

/** Returns the sum over some records. */
export function sumOf<R>(records: readonly R[], bytesOf: (record: R) => number): number {
  return records.reduce((sum, record) => sum + bytesOf(record), 0);
}

/** Bytes that a page of a late socket aims at. Small pages keep little in memory while the connection has no space. */
export const SOCKET_PAGE_BYTES = 256 * 1024;

/** Returns how many records like these take `bytes` of memory, at least one. Returns `otherwise` if there are none. */
export function countWithin(bytes: number, records: readonly StoredRecord[], otherwise: number): number {
  const sum = sumOf(records, costOf);
  return sum > 0 ? Math.max(1, Math.floor((bytes * records.length) / sum)) : otherwise;
}

/** Returns the approximate size of a record in bytes. Each character of its text counts as one byte. */
export function sizeOf({ event, attachments }: Pick<StoredRecord, 'event' | 'attachments'>): number {
  // Most events have no attachments, and the compiler then leaves the sum out.
  return attachments.length === 0 ? event.length : event.length + sumOf(attachments, ({ byteLength }) => byteLength);
}

/** Whether a record is for a socket in these rooms. */
export function isFor(record: Pick<StoredRecord, 'rooms' | 'except'>, rooms: ReadonlySet<Room>): boolean {
  if (isForNoSocket(record)) return false;
  const isOne = (room: Room): boolean => rooms.has(room);
  return (record.rooms.length === 0 || record.rooms.some(isOne)) && !record.except.some(isOne);
}
