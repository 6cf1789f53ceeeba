/**
 * The rooms that a guard has for itself. Clients can never enter them or publish to them. One holds the sockets of a
 * person, on all nodes and devices. Another says which rooms a socket may subscribe to, so that each server knows it
 * that the session comes to.
 */

const USER = 'naru:user:';
const RIGHTS = 'naru:rights:';

/** Returns the room of a person, for `io.to(user('42'))`. */
export function user(id: string): string {
  return USER + id;
}

/** Whether a room is that of a person. */
export function isUserRoom(room: string): boolean {
  return room.startsWith(USER);
}

/** Returns the room of the sockets that may subscribe to rooms of these patterns. */
export function rightsRoom(patterns: readonly string[]): string {
  return RIGHTS + JSON.stringify(patterns);
}

/** Returns the patterns of such a room, and none for any other. */
export function rightsIn(room: string): readonly string[] {
  return room.startsWith(RIGHTS) ? (JSON.parse(room.slice(RIGHTS.length)) as string[]) : [];
}

/** Whether a room is reserved. */
export function isReserved(room: string): boolean {
  return isUserRoom(room) || room.startsWith(RIGHTS);
}
