/**
 * The rooms that a guard has for itself. Clients can never enter, leave or use them. One holds the sockets of a person,
 * on all nodes and devices. Another is the pass of a session. A session keeps its rooms, so each server that it comes
 * to knows by what token it was admitted.
 */
import { PERSON_ROOM } from 'naru/guard';
import { isPattern } from './pattern.js';

const PASS = 'naru:pass:';

/** The token of a session, as its rooms tell it. */
export interface SessionPass {
  /** When the token was issued, in milliseconds since the Unix epoch. */
  readonly issuedAt: number;
  /** The patterns of the rooms that it allowed to subscribe to. */
  readonly subscriptions: readonly string[];
}

/** Returns the room of a person, for `io.to(user('42'))`. */
export function user(id: string): string {
  return PERSON_ROOM + id;
}

/** Whether a room is that of a person. */
export function isUserRoom(room: string): boolean {
  return room.startsWith(PERSON_ROOM);
}

/** Whether a room is the pass of a session. */
export function isPassRoom(room: string): boolean {
  return room.startsWith(PASS);
}

/** Returns the room that is a pass. */
export function passRoom({ issuedAt, subscriptions }: SessionPass): string {
  return PASS + JSON.stringify([issuedAt, subscriptions]);
}

/** Returns the pass that a room is, or `undefined` for any other room. A client may have named a room in this way. */
export function passIn(room: string): SessionPass | undefined {
  if (!isPassRoom(room)) return undefined;
  try {
    const [issuedAt, subscriptions] = JSON.parse(room.slice(PASS.length)) as unknown[];
    const isRight = Number.isFinite(issuedAt) && Array.isArray(subscriptions) && subscriptions.every(isPattern);
    return isRight ? { issuedAt: issuedAt as number, subscriptions } : undefined;
  } catch {
    // The text after the prefix is not JSON.
    return undefined;
  }
}

/** Whether a room is reserved. */
export function isReserved(room: string): boolean {
  return isUserRoom(room) || isPassRoom(room);
}
