/** A session of connection state recovery as a text that outlives the process. */
import type { Offset } from '../../backplane/backplane.js';
import type { PresentAs } from '../presence/roster.js';
import type { Room, SocketId } from '../target.js';

/** A session as it is written. */
export interface WrittenSession {
  readonly id: SocketId;
  readonly startedAfter: Offset;
  readonly rooms: readonly Room[];
  readonly data: unknown;
  /** How it was present in its rooms when its connection was lost. */
  readonly present?: readonly PresentAs[] | undefined;
  /** The process that has it, while it lives. */
  readonly owner?: string | undefined;
  /** An offset that its client brought along from another log, and names until it has an event of this one. */
  readonly foreign?: Offset | undefined;
  /** The newest event that it may have got; nothing while it lives. */
  readonly endedAt?: Offset | undefined;
}

/**
 * Writes a session. Where JSON cannot hold its data, `onError` is told and it is written without: its rooms are what decides over what the
 * client gets. A room whose name is no text is written as one. Throws where a name cannot be written at all.
 */
export function encodeSession(session: WrittenSession, onError: (error: unknown) => void): string {
  try {
    return JSON.stringify(session);
  } catch (error) {
    onError(error);
    return JSON.stringify({ ...session, rooms: session.rooms.map(String), data: undefined });
  }
}

/** Reads a session that `encodeSession` has written. */
export function decodeSession(text: string): WrittenSession {
  return JSON.parse(text) as WrittenSession;
}
