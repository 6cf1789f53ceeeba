/** A record that says that others are missing: those that could not be kept, or cannot be read any more. */
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
