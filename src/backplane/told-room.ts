/** What processes say to each other in a log, among the events. It names sessions, which are secret: no socket is ever given it. */
import type { LogRecord } from './backplane.js';

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
