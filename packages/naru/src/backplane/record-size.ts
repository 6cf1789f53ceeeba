/** The size of a record: what it counts for in memory, and in a batch of records that are appended together. */
import type { LogRecord } from './backplane.js';

/** Bytes of memory that a record takes in addition to its content. */
const RECORD_COST = 300;
/** Bytes for each room and excepted room after the first. */
const ROOM_COST = 16;

/** Returns the bytes of memory that a record counts for. */
export function costOf(record: LogRecord): number {
  let size = RECORD_COST + record.event.length;
  size += Math.max(0, record.rooms.length + record.except.length - 1) * ROOM_COST;
  for (const { byteLength } of record.attachments) size += byteLength;
  return size + (record.by?.length ?? 0) + (record.trace?.length ?? 0);
}

/**
 * Bounds of the events that are appended together, where several are. A home may keep larger lists in several parts,
 * and records of other nodes may come in between. Each character of 262,144 takes at most three bytes, so that a batch
 * fits into a message of one megabyte.
 */
export const BATCH_RECORDS_MAX = 256;
/** The characters and bytes of such events and of their names. A single event may be larger. */
export const BATCH_SIZE_MAX = 256 * 1024;

/**
 * JSON and UTF-8 take one to six bytes for a character of a name. With three, a batch stays below a megabyte whatever
 * the names are.
 */
const NAME_BYTES = 3;

/** Returns what a record counts for in a batch, beside its event: rooms, exceptions, key, person and trace. */
export function sizeOfNames({
  rooms,
  except,
  key = '',
  by = '',
  trace = '',
}: {
  readonly rooms: Iterable<string>;
  readonly except: Iterable<string>;
  readonly key?: string | undefined;
  readonly by?: string | undefined;
  readonly trace?: string | undefined;
}): number {
  let characters = key.length + by.length + trace.length;
  // A JavaScript program may name rooms by numbers.
  for (const names of [rooms, except]) for (const name of names) characters += 1 + `${name}`.length;
  return characters * NAME_BYTES;
}
