/** Encodes sessions of connection state recovery as text that outlives the process. */
import type { Offset } from '../../backplane/backplane.js';
import type { PresentAs } from '../presence/roster.js';
import type { Room, SocketId } from '../target.js';

/** A session as it is written. */
export interface WrittenSession {
  readonly id: SocketId;
  readonly startedAfter: Offset;
  readonly rooms: readonly Room[];
  /** Rooms that it left while events to them were on their way into the log. */
  readonly leaving?: readonly Room[] | undefined;
  readonly data: unknown;
  /** The presence of the session in its rooms when its connection was lost. */
  readonly present?: readonly PresentAs[] | undefined;
  /** The process that has the session while it is connected. */
  readonly owner?: string | undefined;
  /** An offset of another log that the client names until it has an event of this one. */
  readonly foreign?: Offset | undefined;
  /** The newest event that the client may have received, `undefined` while it is connected. */
  readonly endedAt?: Offset | undefined;
}

/**
 * Returns the text of a session. If JSON cannot hold its data, `onError` is called and the data is left out, because the rooms decide what
 * the client receives. A room name that is not a string is converted to one. Throws when a name cannot be written at all.
 */
export function encodeSession(session: WrittenSession, onError: (error: unknown) => void): string {
  try {
    return JSON.stringify(session);
  } catch (error) {
    onError(error);
    return JSON.stringify({ ...session, rooms: session.rooms.map(String), leaving: undefined, data: undefined });
  }
}

/** Returns the session in a text that `encodeSession` has written. */
export function decodeSession(text: string): WrittenSession {
  return JSON.parse(text) as WrittenSession;
}
