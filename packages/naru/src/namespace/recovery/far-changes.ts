/** Finds in the log how programs have changed the rooms of a session that no process had at the time. */
import type { Offset } from '../../backplane/backplane.js';
import type { Steps } from '../../base/steps/answer.js';
import type { Room } from '../event/target.js';
import { isFor } from '../log/records.js';
import type { RoomChange } from '../rooms.js';
import type { ChangeRange, PlacedChange } from './change-range.js';
import type { RecoveredState } from './written-session.js';

/**
 * The records before the newest event of a client in which changes may be missing in its session, although its server
 * had carried them out. The server was killed before a home on another machine had the text, which a busy home has
 * late.
 */
const UNWRITTEN_MAX = 4_096;

/**
 * Applies the changes after `roomsAt` to a session, and finds where it left the rooms that it was leaving. Returns
 * `undefined` if a change has disconnected its client. Nobody can move a client that is gone.
 */
export function* applyChanges(state: RecoveredState, range: ChangeRange): Steps<RecoveredState | undefined> {
  const isSettled = state.isGone && openRoomsOf(state).size === 0 && !state.joining?.length;
  const roomsAt = isSettled ? undefined : beginningOf(state, range);
  return roomsAt === undefined ? { ...state, roomsAt } : move(state, yield* range.read(roomsAt), range.log.offset);
}

/**
 * Applies the changes that this process has carried out since `applyChanges`. Returns `undefined` if its client has to
 * ask for the session again.
 */
export function applyHeard(state: RecoveredState, range: ChangeRange): RecoveredState | undefined {
  if (state.roomsAt === undefined) return state;
  const heard = range.held(state.roomsAt);
  return heard?.length ? move(state, heard, range.log.offset) : heard && state;
}

/** Returns the newest record that the rooms of a session reflect for certain. */
function beginningOf({ roomsAt, after }: RecoveredState, { log }: ChangeRange): Offset | undefined {
  if (roomsAt === undefined || roomsAt >= after) return roomsAt;
  // A home on this machine has the text before the client has an event.
  const least = log.home.decider === 'log' ? after : log.earlier(after, UNWRITTEN_MAX);
  return roomsAt > least ? roomsAt : least;
}

/**
 * Applies changes up to the record `roomsAt`. The session is without the changes that are to come from the log, and are
 * not there yet. They may never come.
 */
function move(state: RecoveredState, changes: readonly PlacedChange[], roomsAt: Offset): RecoveredState | undefined {
  const { placed = [] } = state;
  // After a restart, nearly all sessions have none.
  if (changes.length === 0 && !state.leaving?.length && placed.length === 0) return { ...state, roomsAt };
  const open = openRoomsOf(state);
  const joining = new Set(state.joining);
  const rooms = new Set([...state.rooms, ...open]);
  let moves: RoomChange[] = [...(state.moves ?? [])];
  const known = moves.length;
  for (const { offset, target, action } of changes) {
    if (!isFor({ rooms: [...target.rooms], except: [...target.except] }, rooms)) continue;
    const [kind, what] = action;
    if (kind === 'disconnect' && state.isGone) continue;
    if (kind === 'disconnect') return undefined;
    const isJoin = kind === 'join';
    for (const room of what) {
      if (state.isGone && !(isJoin ? joining : open).has(room)) continue;
      open.delete(room);
      const isPlaced = isJoin && joining.delete(room);
      if (rooms.has(room) === isJoin && !isPlaced) continue;
      // It was not in the room before, so an earlier leave has changed nothing.
      if (isPlaced) moves = moves.filter((move, place) => place < known || move.room !== room);
      if (isJoin) rooms.add(room);
      else rooms.delete(room);
      if (offset > state.after) moves.push({ after: offset, room, isIn: isJoin });
    }
  }
  for (const room of open) if (!placed.includes(room)) rooms.delete(room);
  for (const room of joining) if (placed.includes(room)) rooms.delete(room);
  const leaving = state.leaving?.filter(({ room, until }) => until !== undefined || open.has(room));
  return { ...state, rooms, leaving, joining: [...joining], moves, roomsAt };
}

/**
 * Returns the rooms that a session was leaving at a place that its text does not tell. It counts as in them until that
 * place.
 */
function openRoomsOf({ rooms, leaving = [], placed = [] }: RecoveredState): Set<Room> {
  const isOpen = (room: Room): boolean => !rooms.has(room) || placed.includes(room);
  return new Set(leaving.flatMap(({ room, until }) => (until === undefined && isOpen(room) ? [room] : [])));
}
