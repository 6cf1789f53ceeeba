/** What a backlog has to know of an event that is on its way in several packets, among others: noted on its first packet. */
import type { Offset } from '../../backplane/backplane.js';
import type { EncodedPacket } from '../../transport/encoded-packet.js';
import type { Room } from '../target.js';

/** An event that may be dropped. */
export interface EventNote {
  /** Its packets. */
  readonly count: number;
  /** What only the newest event of matters: its name, its rooms, and the key that it was sent with. */
  readonly key: string | undefined;
  /** Where it stands in the log, if it does. */
  readonly offset: Offset | undefined;
}

// Most servers drop nothing, so packets have no field for it.
const NOTES = new WeakMap<EncodedPacket, EventNote>();

/** Notes that `packets` are one event, and which. */
export function noteEvent(
  packets: readonly EncodedPacket[],
  key: string | undefined,
  offset: Offset | undefined,
): void {
  const [first] = packets;
  if (first) NOTES.set(first, { count: packets.length, key, offset });
}

/** The key of an event among all of a namespace; `undefined` when it was sent without one. */
export function keyOf(name: unknown, rooms: Iterable<Room>, key: string | undefined): string | undefined {
  if (key === undefined) return undefined;
  return JSON.stringify([String(name), [...rooms].sort(), key]);
}

/** An event, or what lies between two of them. */
interface Piece {
  readonly packets: readonly EncodedPacket[];
  readonly note: EventNote | undefined;
}

/** Cuts what is delivered together into events; what nothing was noted of stays in one piece. */
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
