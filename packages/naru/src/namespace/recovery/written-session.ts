/** A session outside of the process that has it: as text that outlives the process, and as its client gets it back. */
import { decodeOffset, type Offset } from '../../backplane/backplane.js';
import { readStoredObject } from '../../backplane/formats.js';
import type { Room, SocketId } from '../event/target.js';
import type { PresentAs } from '../presence/roster.js';
import type { OpenRooms, PastRooms } from '../rooms.js';

/**
 * A session as it is written. Its `moves` are how its rooms have changed, oldest first, back to a place that its client
 * has read.
 */
export interface WrittenSession extends OpenRooms, PastRooms {
  readonly id: SocketId;
  readonly startedAfter: Offset;
  readonly rooms: readonly Room[];
  /** The place of the newest change that is missing in `moves`. A client that goes on before it may miss events. */
  readonly forgotten?: Offset | undefined;
  readonly data: unknown;
  /**
   * The presence of the session when its connection was lost. An empty list, also before that, says that the session
   * has had none, so that the store need not be asked.
   */
  readonly present?: readonly PresentAs[] | undefined;
  /** The process that has the session while it is connected. */
  readonly owner?: string | undefined;
  /** How often one process has taken the session from another one, absent for never. */
  readonly takes?: number | undefined;
  /**
   * The rooms about which a program has decided since another process had the session, each with `takes` at that time.
   * An earlier process that makes its changes late changes none of them. At most 256.
   */
  readonly chosen?: readonly (readonly [room: Room, takes: number])[] | undefined;
  /** An offset of another log that the client names until it has an event of this one. */
  readonly foreign?: Offset | undefined;
  /**
   * The offset that the client named when it was told of a gap. It names it again until it has an event of this
   * session.
   */
  readonly missed?: Offset | undefined;
  /**
   * Whether the text was written before the session began. The server has not told the client of any room or data yet.
   */
  readonly isAnnounced?: true;
  /** The newest record that the rooms reflect. Later ones may have changed them. */
  readonly roomsAt?: Offset | undefined;
  /**
   * The newest event that the client may have received when its connection was lost, `undefined` while it is connected.
   */
  readonly endedAt?: Offset | undefined;
}

/**
 * The state that a recovered session gets back. Its rooms reflect the record `roomsAt`, or all records if that is
 * `undefined`.
 */
export interface RecoveredState extends Omit<WrittenSession, 'startedAfter'> {
  readonly pid: string;
  /**
   * Whether its connection was lost before the process was. Then only a former server has moved it since, and it may
   * have been leaving rooms.
   */
  readonly isGone?: boolean;
  /** The newest event that the client has. */
  readonly after: Offset;
  /** Whether another process may have the session. Taking it then counts in `takes`. */
  readonly isElsewhere: boolean;
  /** The number of the ask for it. A later one in this process has a higher number. */
  readonly ask: number;
  /** The text that the store had, if it was asked, or has since this process took the session. */
  readonly stored?: string | undefined;
  /** The record that the rooms in that text reflect, if this process wrote it. */
  readonly writtenAt?: Offset | undefined;
}

/** The missing part of the log that prevents a recovery. */
export interface Gap {
  /** The newest event that the client has. */
  readonly after: Offset;
  /** The oldest event that is still there, if any. */
  readonly before: Offset | undefined;
}

/**
 * The recovered session, with a gap before it that its client may not have heard of, or the gap that prevents the
 * recovery of a known session.
 */
export type Restored =
  | { readonly state: RecoveredState; readonly gap?: Gap | undefined }
  | { readonly state?: undefined; readonly gap: Gap };

/** Returns a session in a form that JSON holds, although it could not hold the session itself. */
function plain(session: WrittenSession): WrittenSession {
  return {
    ...{ ...session, leaving: undefined, joining: undefined, placed: undefined, data: undefined },
    rooms: session.rooms.map(String),
    moves: session.moves?.map((move) => ({ ...move, room: String(move.room) })),
    chosen: session.chosen?.map(([room, takes]) => [String(room), takes]),
  };
}

/** Returns the offset that a client names, or `undefined` for anything else. */
export function offsetOf(named: unknown): Offset | undefined {
  return decodeOffset(named) === undefined ? undefined : (named as Offset);
}

/**
 * Returns the text of a session. If JSON cannot hold its data, `onError` is called and the data is left out, because
 * the rooms decide what the client receives. A room name that is not a string is converted to one. Gives `undefined`
 * when a name cannot be written at all.
 */
export function encodeSession(session: WrittenSession, onError: (error: unknown) => void): string | undefined {
  for (const isPlain of [false, true]) {
    try {
      return JSON.stringify(isPlain ? plain(session) : session);
    } catch (error) {
      onError(error);
    }
  }
  return undefined;
}

/**
 * Returns a session that a process takes as it is written. `KeptSession` has that text as long as nothing changes, so
 * it is not written again when the client is there.
 */
export function writtenOf(state: RecoveredState, owner: string): WrittenSession {
  const { id, after: startedAfter, foreign, missed, takes, data, present, rooms } = state;
  const { leaving, joining, placed, moves, forgotten, chosen } = state;
  return {
    ...{ id, startedAfter, foreign, missed, takes, data, present, owner },
    ...{ rooms, leaving: filled(leaving), joining: filled(joining), placed: filled(placed) },
    ...{ moves: filled(moves), forgotten, chosen: filled(chosen) },
  };
}

/** Returns a list, or `undefined` instead of an empty one. */
const filled = <T>(list: readonly T[] | undefined): readonly T[] | undefined => (list?.length ? list : undefined);

/** Returns the text of a session with the newest record that its rooms reflect. */
export function withRoomsAt(text: string, roomsAt: Offset | undefined): string {
  return roomsAt === undefined ? text : `${text.slice(0, -1)},"roomsAt":"${roomsAt}"}`;
}

/** Returns the session in a text, or `undefined` for any other text and for a later version. */
export function decodeSession(text: string): WrittenSession | undefined {
  const session = readStoredObject(text, 'a session');
  return session && isSession(session) ? (session as unknown as WrittenSession) : undefined;
}

type Check = (value: unknown) => boolean;

const is = (type: string) => (value: unknown) => typeof value === type;
const isOffset: Check = (value) => decodeOffset(value) !== undefined;
/** A program in JavaScript may use numbers, too. */
const isRoom: Check = (value) => typeof value === 'string' || typeof value === 'number';

const listOf = (check: Check) => (value: unknown) => Array.isArray(value) && value.every(check);
const maybe = (check: Check) => (value: unknown) => value === undefined || check(value);

/** Checks the members of an object. */
function objectOf(checks: Readonly<Record<string, Check>>): Check {
  const all = Object.entries(checks);
  return (value) => all.every(([name, check]) => check(((value ?? {}) as Readonly<Record<string, unknown>>)[name]));
}

const [someRooms, someOffset] = [maybe(listOf(isRoom)), maybe(isOffset)];

/** The checks of the fields that decide about a recovery. The program checks its data by itself. */
const FIELDS: Record<Exclude<keyof WrittenSession, 'data' | 'isAnnounced'>, Check> = {
  ...{ id: is('string'), startedAfter: isOffset, rooms: listOf(isRoom) },
  ...{ joining: someRooms, placed: someRooms, owner: maybe(is('string')), takes: maybe(Number.isSafeInteger) },
  leaving: maybe(listOf(objectOf({ room: isRoom, until: someOffset }))),
  moves: maybe(listOf(objectOf({ after: isOffset, room: isRoom, isIn: is('boolean') }))),
  chosen: maybe(listOf((entry) => Array.isArray(entry) && isRoom(entry[0]) && Number.isSafeInteger(entry[1]))),
  present: maybe(listOf(objectOf({ room: isRoom, id: is('string'), state: is('string'), at: is('number') }))),
  ...{ forgotten: someOffset, foreign: someOffset, missed: someOffset, roomsAt: someOffset, endedAt: someOffset },
};
const isSession = objectOf(FIELDS);
