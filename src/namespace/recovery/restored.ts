/** The outcome of the search for the session of a client that comes back. */
import type { Offset } from '../../backplane/backplane.js';
import type { Answer } from '../../base/steps/answer.js';
import type { Room } from '../target.js';
import type { WrittenSession } from './written-session.js';

/** The parts of a written session that go on as they are. */
type Continued = Pick<
  WrittenSession,
  | 'id'
  | 'leaving'
  | 'joining'
  | 'placed'
  | 'moves'
  | 'forgotten'
  | 'roomsAt'
  | 'data'
  | 'present'
  | 'foreign'
  | 'missed'
>;

/** The state that a recovered session gets back. Its rooms reflect the record `roomsAt`, or all records if that is `undefined`. */
export interface RecoveredState extends Continued {
  readonly pid: string;
  readonly rooms: ReadonlySet<Room>;
  /** Whether its connection was lost before the process was. Then nobody has moved it since, and it may have been leaving rooms. */
  readonly isGone?: boolean;
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
