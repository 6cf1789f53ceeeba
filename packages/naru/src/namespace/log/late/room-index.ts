/** Notes which records of a log are for which rooms, so that a reader of a few rooms asks for those records alone. */
import { encodeOffset, type Offset, type StoredRecord } from '../../../backplane/backplane.js';
import { isGapRecord, TOLD_ROOM } from '../../../backplane/own-records.js';
import { firstPast, getOrCreate } from '../../../base/get-or-create.js';
import type { Room } from '../../event/target.js';
import type { LoggedEvent } from '../records.js';

/** Records to everybody in the namespace. */
export const EVERYBODY = Symbol('everybody');
/** Records that matter to every reader of rooms: gap records, and records to very many rooms. */
export const EVERY_READER = Symbol('every reader');
/** All records for sockets. */
export const ALL = Symbol('all');

/** A list of the index. */
export type ListKey = Room | typeof EVERYBODY | typeof EVERY_READER | typeof ALL;

/** The part of a record that is noted: its rooms, and the text of an event to everybody, or its name. */
export type Noted = Pick<StoredRecord, 'event'> & { readonly rooms: Iterable<Room> };

/** The places of records, by their numbers. */
export interface Found {
  /** They rise. */
  readonly places: readonly number[];
  /** The record up to which, or from which on, these are all. */
  readonly passed: Offset;
  /** A text that is equal for readers that find the same places. */
  readonly key: string;
  /** Whether they are so few of all records there that reading on in the log takes longer. */
  readonly isSparse: boolean;
}

/** The most records of a namespace that are noted, and the number that is noted with any number of rooms. */
const RECORDS_MAX = 1_048_576;
const RECORDS_MIN = 65_536;
/** The most rooms of a record that is noted under each of them. Every reader looks at a record to more rooms. */
export const ROOMS_MAX = 32;
/** The most ranges. Beyond it, the oldest goes. */
const RANGES_MAX = 64;
/** Only a reader that skips this many records for each of its own uses the index. Others read on in the log. */
const SPARSE = 8;

/** Consecutive numbers. The last belongs to a record, and may be smaller than the first: then there are none. */
type Range = { readonly first: number; last: number };

/**
 * The index of one namespace, in the memory of this process. It notes records as they are delivered or read, and
 * nothing before somebody is expected to read. Records change only when they are erased, which leaves their rooms as
 * they were. So a place stays right for as long as the record is in the log.
 *
 * Invariant: each list rises. For each number in a range, all lists have the record with this number, if there ever was
 * one.
 */
export class RoomIndex {
  readonly #roomsMax: number;
  readonly #recordsMin: number;
  readonly #lists = new Map<ListKey, number[]>();
  /** They rise and do not touch each other. */
  #ranges: Range[] = [];
  /** The last record of the last range, while records are noted as they are delivered. */
  end: Offset | undefined;

  /** The bound of rooms does not apply to `recordsMin` records or fewer. */
  constructor(roomsMax: number, recordsMin = RECORDS_MIN) {
    this.#roomsMax = roomsMax;
    this.#recordsMin = recordsMin;
  }

  /** The count of records that are noted. */
  get count(): number {
    return this.#listOf(ALL).length + this.#listOf(TOLD_ROOM).length;
  }

  /** Notes records from now on. `newest` is the record that was delivered last. */
  begin(newest: Offset): void {
    // Records that are not delivered yet may have been read.
    if (this.end !== undefined && this.end >= newest) return;
    const last = numberOf(newest);
    this.#ranges = this.#ranges.filter((range) => range.first <= range.last);
    this.#cover(last + 1, last);
    this.end = newest;
  }

  /** Notes the record that was delivered after `end`. */
  extend(offset: Offset, record: Noted): void {
    const place = numberOf(offset);
    (this.#ranges.at(-1) as Range).last = place;
    for (const key of keysOf(record)) getOrCreate(this.#lists, key, () => []).push(place);
    this.end = offset;
    this.#bound();
  }

  /** Notes consecutive records: all that the log has after `from`, or before `before`, if one of them is given. */
  note(records: readonly (Noted & { readonly offset: Offset })[], from?: Offset, before?: Offset): void {
    const [oldest, newest] = [records[0], records.at(-1)];
    if (this.end === undefined || !oldest || !newest) return;
    const first = from === undefined ? numberOf(oldest.offset) : numberOf(from) + 1;
    // Numbers between the last record and a known one belong to no record.
    const isJoined = before !== undefined && this.#rangeOf(numberOf(before)) !== undefined;
    const last = isJoined ? numberOf(before) - 1 : numberOf(newest.offset);
    if (first > last || (this.#rangeOf(first)?.last ?? first - 1) >= last) return;
    const added = new Map<ListKey, number[]>();
    for (const record of records) {
      const place = numberOf(record.offset);
      if (place < first || place > last || this.#rangeOf(place)) continue;
      for (const key of keysOf(record)) getOrCreate(added, key, () => []).push(place);
    }
    for (const [key, places] of added) {
      const list = getOrCreate(this.#lists, key, () => []);
      const [from, to] = [above(list, places[0] as number), above(list, places.at(-1) as number)];
      list.splice(from, to - from, ...[...list.slice(from, to), ...places].sort((one, other) => one - other));
    }
    this.#cover(first, last);
    this.#bound();
  }

  /** Finds up to `limit` records after an offset, up to another. Returns `undefined` if they are not known. */
  find(keys: readonly ListKey[], from: Offset, until: Offset, limit: number): Found | undefined {
    const start = numberOf(from);
    const end = Math.min(this.#rangeOf(start + 1)?.last ?? start, numberOf(until));
    if (end <= start) return undefined;
    let key = `${limit}`;
    const parts: (readonly number[])[] = [];
    for (const name of keys) {
      const part = this.#part(name, start, end, limit);
      if (part.length === 0) continue;
      parts.push(part);
      // A client may name a room like one of our own lists.
      const text = `${typeof name} ${String(name)}`;
      key += ` ${text.length}:${text} ${part[0]} ${part.length}`;
    }
    const places = parts.length > 1 ? merge(parts).slice(0, limit) : (parts[0] ?? []);
    const passed = places[limit - 1] ?? end;
    return { places, passed: encodeOffset(passed), key, isSparse: this.#isSparse(places, start, passed) };
  }

  /** Finds the newest `limit` records before an offset. Otherwise, it does what `find` does. */
  findBack(keys: readonly ListKey[], before: Offset, limit: number): Found | undefined {
    const start = numberOf(before) - 1;
    const range = this.#rangeOf(start);
    const [end] = range ? this.#part(ALL, range.first - 1, start, 1) : [];
    if (end === undefined) return undefined;
    const places = merge(keys.map((name) => this.#part(name, end - 1, start, -limit))).slice(-limit);
    const passed = places.length === limit ? (places[0] as number) : end;
    return { places, passed: encodeOffset(passed), key: '', isSparse: this.#isSparse(places, passed - 1, start) };
  }

  /** Returns the first numbers of a list above `from`, up to `to`. With a negative limit, these are the last ones. */
  #part(key: ListKey, from: number, to: number, limit: number): readonly number[] {
    const list = this.#listOf(key);
    const [low, high] = [above(list, from), above(list, to)];
    return limit > 0 ? list.slice(low, Math.min(low + limit, high)) : list.slice(Math.max(low, high + limit), high);
  }

  #isSparse(places: readonly number[], from: number, to: number): boolean {
    const all = this.#listOf(ALL);
    return places.length * SPARSE <= above(all, to) - above(all, from);
  }

  #listOf(key: ListKey): readonly number[] {
    return this.#lists.get(key) ?? [];
  }

  /** Returns the range with a number. */
  #rangeOf(place: number): Range | undefined {
    return this.#ranges.findLast(({ first, last }) => first <= place && last >= place);
  }

  /** Joins numbers with the ranges that they touch. */
  #cover(from: number, to: number): void {
    const isApart = (range: Range): boolean => range.last + 1 < from || range.first - 1 > to;
    const joined = this.#ranges.filter((range) => !isApart(range));
    const first = Math.min(from, joined[0]?.first ?? from);
    const last = Math.max(to, joined.at(-1)?.last ?? to);
    this.#ranges = [...this.#ranges.filter(isApart), { first, last }].sort((one, other) => one.first - other.first);
    if (this.#ranges.at(-1)?.last === to && to > numberOf(this.end ?? '')) this.end = encodeOffset(to);
  }

  /** The older half goes when there are too many records, or too many rooms. A few records are always noted. */
  #bound(): void {
    const [oldest] = this.#ranges;
    if (oldest && this.#ranges.length > RANGES_MAX) this.dropUpTo(oldest.last);
    while (this.count > RECORDS_MAX || (this.count > this.#recordsMin && this.#lists.size > this.#roomsMax + 3)) {
      const all = this.#listOf(ALL);
      this.dropUpTo(all[Math.ceil(all.length / 2) - 1] ?? Number.POSITIVE_INFINITY);
    }
  }

  /** Forgets the records up to a number. Their readers read the log from then on. */
  dropUpTo(place: number): void {
    for (const [key, list] of this.#lists) {
      list.splice(0, above(list, place));
      if (list.length === 0) this.#lists.delete(key);
    }
    const newest = this.#ranges.at(-1);
    this.#ranges = this.#ranges
      .filter((range) => range.last > place || range === newest)
      .map(({ first, last }) => ({ first: Math.max(first, place + 1), last }));
  }
}

/** Returns what is noted of an event or a record. */
export function notedOf(what: LoggedEvent | Noted): Noted {
  if (!('packet' in what)) return what;
  const { packet, target } = what;
  // A program may send a gap, too.
  const [name] = target.rooms.size === 0 && Array.isArray(packet.data) ? packet.data : [''];
  return { rooms: target.rooms, event: `["${name}",` };
}

function keysOf({ rooms, event }: Noted): ListKey[] {
  const keys: ListKey[] = [ALL, ...rooms];
  // No socket gets these.
  if (keys[1] === TOLD_ROOM && keys.length === 2) return [TOLD_ROOM];
  if (keys.length === 1) keys.push(isGapRecord({ rooms: [], event }) ? EVERY_READER : EVERYBODY);
  return keys.length > ROOMS_MAX + 1 ? [ALL, EVERY_READER] : keys;
}

/**
 * Returns the number in an offset, which the log has given out, and 0 for none. It checks nothing, and so takes half as
 * long as `decodeOffset`.
 */
export function numberOf(offset: Offset): number {
  return Number.parseInt(offset, 36) || 0;
}

/** Returns the index of the first number above another. */
function above(list: readonly number[], place: number): number {
  return firstPast(list, (number) => number > place);
}

/** Joins lists into one that rises. A record to several rooms is in each of their lists. */
function merge(lists: readonly (readonly number[])[]): readonly number[] {
  const [first = [], ...more] = lists.filter(({ length }) => length > 0);
  if (more.length === 0) return first;
  const sorted = lists.flat().sort((one, other) => one - other);
  return sorted.filter((place, at) => place !== sorted[at - 1]);
}
