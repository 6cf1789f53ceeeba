/**
 * The records that Naru itself writes among the events of a log. Gap records say that events are missing, because they
 * could not be stored or cannot be read. Told records carry messages between processes. They name sessions, which are
 * secret, so no socket ever receives them.
 */
import { type Erasure, encodeOffset, type LogRecord, type Offset, type StoredRecord, storedAs } from './backplane.js';

const START = '["naru:gap",';
const AFTER = /^\["naru:gap",\{"after":"(\w+)"/;

/**
 * Returns a gap record. It goes to everybody, because nobody knows who the missing events were for. `before` is null
 * when it is unknown.
 */
export function gapRecord(after: Offset, before: Offset | null, at: number): LogRecord {
  return { rooms: [], except: [], event: `${START}${JSON.stringify({ after, before })}]`, attachments: [], at };
}

/** Whether a record is a gap record. */
export function isGapRecord({ rooms, event }: Pick<LogRecord, 'rooms' | 'event'>): boolean {
  return rooms.length === 0 && event.startsWith(START);
}

/** Returns the offset after which records are missing, if a record is a gap record that says so. */
export function gapAfter(record: Pick<LogRecord, 'rooms' | 'event'>): Offset | undefined {
  return isGapRecord(record) ? AFTER.exec(record.event)?.[1] : undefined;
}

/** Returns the gap record that stands in for a damaged or missing record, so that readers know of the loss. */
export function lostRecord(sequence: number, at: number): StoredRecord {
  const gap = gapRecord(encodeOffset(sequence - 1), encodeOffset(sequence + 1), at);
  return storedAs(gap, encodeOffset(sequence));
}

/** The event of an erased record. No text of the application is left in it. */
const ERASED = `${START}{}]`;

/** Returns what is left of an erased record: whom it was for, and when. To its recipients it is a gap. */
export function erasedRecord({ rooms, except, at }: Pick<LogRecord, 'rooms' | 'except' | 'at'>): LogRecord {
  return { rooms, except, event: ERASED, attachments: [], at };
}

/** Whether a record was erased. */
export function isErased({ event }: Pick<LogRecord, 'event'>): boolean {
  return event === ERASED;
}

/** Whether a record says that events are missing that were not erased. */
export function isLoss(record: Pick<LogRecord, 'rooms' | 'event'>): boolean {
  return isGapRecord(record) && !isErased(record);
}

/** Whether an erasure applies to a record. */
export function isToErase(record: StoredRecord, what: Erasure): boolean {
  if (isTold(record) || isErased(record)) return false;
  if ('offset' in what) return record.offset === what.offset;
  return 'room' in what ? record.rooms.includes(what.room) : 'all' in what || record.by === what.by;
}

/**
 * The room of told records. A socket may join a room of this name and events may be sent to it, but the log delivers
 * none of them.
 */
export const TOLD_ROOM = '\0naru';

/**
 * The first words of the told records of this version. A later version that changes the meaning of one gives it another
 * word.
 */
export const TOLD_NAMES: ReadonlySet<unknown> = new Set([
  'act',
  'ask',
  'taken',
  'took',
  'durable-taken',
  'durable-deleted',
]);

/** Whether a record is in the room of told records, and so is for no socket. */
export function isForNoSocket({ rooms }: Pick<LogRecord, 'rooms'>): boolean {
  return rooms[0] === TOLD_ROOM && rooms.length === 1;
}

/**
 * Whether a process wrote the record. An event of a user in the same room differs: it never excepts the room that it
 * was sent to.
 */
export function isTold({ rooms, except }: Pick<LogRecord, 'rooms' | 'except'>): boolean {
  return isForNoSocket({ rooms }) && except[0] === TOLD_ROOM;
}

/** The name of the message by which nodes hear that records were erased. */
export const ERASED_NOTICE = 'erased';

/** Returns the told record of a message. */
export function toldRecord(message: readonly unknown[], at: number): LogRecord {
  return { rooms: [TOLD_ROOM], except: [TOLD_ROOM], event: JSON.stringify(message), attachments: [], at };
}

/**
 * Returns the message of a node that has erased records. Nodes that read it forget the records that they keep in
 * memory.
 */
export function erasedNotice(at: number): LogRecord {
  return toldRecord([ERASED_NOTICE], at);
}
