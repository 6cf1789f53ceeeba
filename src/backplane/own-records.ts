/**
 * The records that Naru itself writes among the events of a log. Gap records say that events are missing, because they could not be stored
 * or cannot be read. Told records carry messages between processes. They name sessions, which are secret, so no socket ever receives them.
 */
import type { LogRecord, Offset } from './backplane.js';

const START = '["naru:gap",';

/**
 * Returns a gap record. It goes to everybody, because nobody knows who the missing events were for. `before` is null when it is unknown.
 */
export function gapRecord(after: Offset, before: Offset | null, at: number): LogRecord {
  return { rooms: [], except: [], event: `${START}${JSON.stringify({ after, before })}]`, attachments: [], at };
}

/** Whether a record is a gap record. */
export function isGapRecord({ rooms, event }: Pick<LogRecord, 'rooms' | 'event'>): boolean {
  return rooms.length === 0 && event.startsWith(START);
}

/** The room of told records. A socket may join a room of this name and events may be sent to it, but the log delivers none of them. */
export const TOLD_ROOM = '\0naru';

/** Whether a record is in the room of told records, and so is for no socket. */
export function isForNoSocket({ rooms }: Pick<LogRecord, 'rooms'>): boolean {
  return rooms[0] === TOLD_ROOM && rooms.length === 1;
}

/** Whether a process wrote the record. An event of a user in the same room differs: it never excepts the room that it was sent to. */
export function isTold({ rooms, except }: Pick<LogRecord, 'rooms' | 'except'>): boolean {
  return isForNoSocket({ rooms }) && except[0] === TOLD_ROOM;
}
