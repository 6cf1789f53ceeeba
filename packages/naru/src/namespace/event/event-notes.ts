/**
 * Notes about events, kept with their first packet. A backlog needs them to drop whole events out of a list of packets.
 */
import type { Offset } from '../../backplane/backplane.js';
import { EncodedPacket } from '../../transport/encoded-packet.js';
import type { Mark } from './marks.js';
import type { Room } from './target.js';

/** Bytes of memory that a kept event takes, besides its content. */
export const ENTRY_COST = 200;

/** The place of an event in a stream of groups. */
export interface GroupNote {
  readonly mark: Mark;
  /** The room whose groups it belongs to. `undefined` stands for everybody. */
  readonly stream: Room | undefined;
}

/** An event that may be dropped. */
export interface EventNote {
  /** The count of its packets. */
  readonly count: number;
  /** The name, rooms and key of the event as one text. Of the events with the same text, only the newest matters. */
  readonly key: string | undefined;
  /** The offset of the event, if it is in the log. */
  readonly offset: Offset | undefined;
  /** The mark of the event, for the policy `newest-group`. */
  readonly group: GroupNote | undefined;
}

// Most servers drop nothing, so packets have no field for it.
const NOTES = new WeakMap<EncodedPacket, EventNote>();

/** Notes that `packets` are one event. */
export function noteEvent(
  packets: readonly EncodedPacket[],
  key: string | undefined,
  offset: Offset | undefined,
  group?: GroupNote,
): void {
  const [first] = packets;
  if (first) NOTES.set(first, { count: packets.length, key, offset, group });
}

/** Returns a key that is unique in the namespace, or `undefined` for an event that was sent without a key. */
export function keyOf(name: unknown, rooms: Iterable<Room>, key: string | undefined): string | undefined {
  return key === undefined ? undefined : JSON.stringify([String(name), [...rooms].sort(), key]);
}

/** An event, or the packets between two events. */
export interface Piece {
  readonly packets: readonly EncodedPacket[];
  readonly note: EventNote | undefined;
}

/** Cuts packets that are delivered together into events. Consecutive packets without a note stay in one piece. */
export function cutEvents(packets: readonly EncodedPacket[]): Piece[] {
  const pieces: Piece[] = [];
  for (let at = 0; at < packets.length; ) {
    const note = NOTES.get(packets[at] as EncodedPacket);
    let end = at + 1;
    if (note) end = at + note.count;
    else while (end < packets.length && !NOTES.has(packets[end] as EncodedPacket)) end += 1;
    pieces.push({ packets: packets.slice(at, end), note });
    at = end;
  }
  return pieces;
}

/** Returns the bytes of memory that packets take, including the cost of keeping them. */
export function bytesOf(packets: readonly EncodedPacket[]): number {
  let bytes = ENTRY_COST;
  for (const { size } of packets) bytes += size;
  return bytes;
}

/** Copies a packet, so that its source stays when the sender clears the original's. */
export function copyOf({ unit, compress, source }: EncodedPacket): EncodedPacket {
  const copy = new EncodedPacket(unit, compress);
  copy.source = source;
  return copy;
}
