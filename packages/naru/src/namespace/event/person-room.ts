/** Rooms of persons, in which a guard keeps the sockets of each. A client gets their events as its own. */

/** The beginning of their names. */
export const PERSON_ROOM = 'naru:user:';

/** Whether a room is that of a person. Clients learn its name from no event. */
export function isPersonRoom(room: unknown): boolean {
  return typeof room === 'string' && room.startsWith(PERSON_ROOM);
}
