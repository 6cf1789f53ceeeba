/**
 * The numbers of records in the stream of a group. The last record of message `seq` has the number
 * `base + 256 * seq + 255`, and the others have the numbers before it.
 *
 * A stream that was restored from a backup gives its sequences out again. So each run of a node writes a base record
 * before its first message, and again when it finds that messages were lost. It has the time, and moves all later
 * numbers beyond those that any clock can have led to before. The base of a message is the largest of the base records
 * before it.
 */
import { decodeOffset, encodeOffset, type Offset, ZERO_OFFSET } from 'naru/backplane';

/** Most records in a message. */
export const SLOTS = 256;
/**
 * Numbers for each millisecond. A group may have 32,000 messages a second on average before its numbers run ahead of
 * the clock.
 */
const NUMBERS_PER_MS = 8_192;
/** The beginning of 2026. Numbers are exact until 2060. */
const EPOCH_MS = 1_767_225_600_000;

/** A base record. */
export interface Base {
  readonly seq: number;
  /** The number that is added to 256 times a sequence. */
  readonly base: number;
}

/** The place of a number. */
export interface Place {
  /** The message that has the number, or the first one after the number. */
  readonly seq: number;
  /** The place among the 256 numbers of the message, or -1 if the number belongs to no message. */
  readonly slot: number;
}

/** Returns the base record for a time at a sequence. */
export function baseAt(seq: number, ms: number): Base {
  return { seq, base: Math.max(0, Math.floor(ms) - EPOCH_MS) * NUMBERS_PER_MS - SLOTS * seq };
}

/** The base records of a stream. */
export class Numbers {
  /** By rising sequence and rising base. Records that change nothing are left out. */
  readonly #bases: Base[] = [];

  /** Adds a base record. They may come in any order, and twice. */
  add(added: Base): void {
    const bases = this.#bases;
    let at = bases.length;
    while (at > 0 && (bases[at - 1] as Base).seq > added.seq) at -= 1;
    if (at > 0 && (bases[at - 1] as Base).base >= added.base) return;
    let end = at;
    while (end < bases.length && (bases[end] as Base).base <= added.base) end += 1;
    bases.splice(at, end - at, added);
  }

  /** Number of base records that count. */
  get size(): number {
    return this.#bases.length;
  }

  /** Returns the number of the last record of a message. */
  last(seq: number): number {
    const bases = this.#bases;
    let at = bases.length - 1;
    while (at > 0 && (bases[at] as Base).seq >= seq) at -= 1;
    return (bases[at]?.base ?? 0) + SLOTS * seq + SLOTS - 1;
  }

  /** Returns the offset of the last record of a message, which is that of the beginning for sequence 0. */
  offset(seq: number): Offset {
    return seq === 0 ? ZERO_OFFSET : encodeOffset(this.last(seq));
  }

  /** Returns the offset of the message that was stored so many messages before that of another offset. */
  earlier(offset: Offset, messages: number): Offset {
    return this.offset(Math.max(0, (this.place(offset)?.seq ?? 0) - messages));
  }

  /** Returns the place of an offset, or `undefined` if it is not an offset. */
  place(offset: Offset): Place | undefined {
    const number = decodeOffset(offset);
    if (number === undefined) return undefined;
    const bases = this.#bases;
    for (let at = bases.length - 1; at >= 0; at -= 1) {
      const { seq: from, base } = bases[at] as Base;
      const seq = Math.floor((number - base) / SLOTS);
      if (seq <= from) continue;
      const end = bases[at + 1]?.seq ?? Number.POSITIVE_INFINITY;
      return seq < end ? { seq, slot: number - base - SLOTS * seq } : { seq: end, slot: -1 };
    }
    return { seq: 0, slot: -1 };
  }
}
