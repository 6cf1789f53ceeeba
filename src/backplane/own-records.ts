/**
 * The records that Naru itself writes among the events of a log. One says that events are missing, because they could not be kept or cannot be
 * read. The others are what processes tell each other; they name sessions, which are secret, so no socket is ever given them.
 */
import type { LogRecord, Offset } from './backplane.js';

const START = '["naru:gap",';

/** The record, which is for everybody: nobody knows any more for whom the others were. `before` is null where it is not known. */
export function gapRecord(after: Offset, before: Offset | null, at: number): LogRecord {
  return { rooms: [], except: [], event: `${START}${JSON.stringify({ after, before })}]`, attachments: [], at };
}

/** Whether a record is such a one. */
export function isGapRecord({ rooms, event }: Pick<LogRecord, 'rooms' | 'event'>): boolean {
  return rooms.length === 0 && event.startsWith(START);
}

/** The room of these records. A socket may be in a room of that name all the same, and events may be sent there; they reach nobody by the log. */
export const TOLD_ROOM = '\0naru';

/** Whether a record is in that room, and so is for no socket. */
export function isForNoSocket({ rooms }: Pick<LogRecord, 'rooms'>): boolean {
  return rooms[0] === TOLD_ROOM && rooms.length === 1;
}

/** Whether a process has said it, and no event did that was sent to such a room: to whom an event is sent, it is not kept from. */
export function isTold({ rooms, except }: Pick<LogRecord, 'rooms' | 'except'>): boolean {
  return isForNoSocket({ rooms }) && except[0] === TOLD_ROOM;
}
