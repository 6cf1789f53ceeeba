/** The outcome of the search for the session of a client that comes back. */
import type { Offset } from '../../backplane/backplane.js';
import type { Answer } from '../../base/steps/answer.js';
import type { LeftRoom, RoomChange } from '../log/effective-rooms.js';
import type { PresentAs } from '../presence/roster.js';
import type { Room, SocketId } from '../target.js';
import type { WrittenSession } from './written-session.js';

/** A session that was found, and the text that the store has of it, if it was asked. */
export interface Found {
  readonly known: WrittenSession;
  readonly text?: string;
}

/** The state that a recovered session gets back. */
export interface RecoveredState {
  readonly id: SocketId;
  readonly pid: string;
  readonly rooms: ReadonlySet<Room>;
  /** Rooms that it had left, and whose events were still on their way to it. */
  readonly leaving?: readonly LeftRoom[] | undefined;
  /** The changes that led to its rooms after the newest event that the client has, in order. */
  readonly moves?: readonly RoomChange[] | undefined;
  /** The newest forgotten change of its rooms. */
  readonly forgotten?: Offset | undefined;
  /** The newest record that the rooms reflect, `undefined` if no later one can have changed them. */
  readonly roomsAt?: Offset | undefined;
  /** Whether its connection was lost before the process was. Then nobody has moved it since, and it may have been leaving rooms. */
  readonly isGone?: boolean;
  readonly data: unknown;
  readonly present?: readonly PresentAs[] | undefined;
  /** The newest event that the client has. */
  readonly after: Offset;
  /** Whether another process may have the session. */
  readonly isElsewhere: boolean;
  /** The number of the ask for it. A later one in this process has a higher number. */
  readonly ask: number;
  /** How often one process has taken the session from another one, this time included. */
  readonly takes: number;
  /** The text that the store had, if it was asked. */
  readonly stored?: string | undefined;
  /** The offset of another log that the client still names. */
  readonly foreign?: Offset | undefined;
  /** The offset with which the client was told of a gap, which it may not have heard. */
  readonly missed?: Offset | undefined;
}

/** The missing part of the log that prevents a recovery. */
export interface Gap {
  /** The newest event that the client has. */
  readonly after: Offset;
  /** The oldest event that is still there, if any. */
  readonly before: Offset | undefined;
}

/** The recovered session, with a gap before it that its client may not have heard of, or the gap that prevents the recovery of a known session. */
export type Restored =
  | { readonly state: RecoveredState; readonly gap?: Gap | undefined }
  | { readonly state?: undefined; readonly gap: Gap };

/** The outcome, once it is known. An unknown session has none. */
export type Outcome = Answer<Restored | undefined>;
