/** The targets of events and records. Consecutive ones with the same target are delivered together. */
import type { StoredRecord } from '../../backplane/backplane.js';
import { nameIn } from '../outgoing-event.js';
import type { Target } from '../target.js';

/** Returns the target of a record. */
export function targetOf({ rooms, except }: StoredRecord): Target {
  return { rooms: new Set(rooms), except: new Set(except), flags: {} };
}

/** Whether two targets are the same single room, or both everybody. */
export function isSameRoom(one: Target, other: Target): boolean {
  if (one.except.size > 0 || other.except.size > 0 || one.rooms.size > 1 || one.rooms.size !== other.rooms.size)
    return false;
  for (const room of one.rooms) return other.rooms.has(room);
  return true;
}

/** Whether two records were sent to the same single room, or both to everybody. */
export function isSameNames(one: StoredRecord, other: StoredRecord): boolean {
  if (one.except.length > 0 || other.except.length > 0 || one.rooms.length > 1) return false;
  return one.rooms.length === other.rooms.length && one.rooms[0] === other.rooms[0];
}

/** Returns the name of an event with a conflation key. Other events do not need it. */
export function nameOf({ event, key }: StoredRecord): unknown {
  return key === undefined ? undefined : nameIn(event);
}
