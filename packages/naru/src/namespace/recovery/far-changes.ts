/** Finds in the log how programs have changed the rooms of a session that no process had at the time. */
import type { Offset } from '../../backplane/backplane.js';
import type { Steps } from '../../base/steps/answer.js';
import type { Room } from '../event/target.js';
import type { Decider } from '../log/log-home.js';
import { isFor } from '../log/records.js';
import type { RoomChange } from '../rooms.js';
import { ChangeRange, type PlacedChange, type ReadableLog } from './change-range.js';
import type { RecoveredState } from './written-session.js';

/**
 * The records before the newest event of a client in which changes may be missing in its session, although its server
 * had carried them out. The server was killed before a home on another machine had the text, which a busy home has
 * late.
 */
const UNWRITTEN_MAX = 4_096;

/** Moves sessions by the changes in the log of one namespace. */
export class FarChanges {
  readonly #log: ReadableLog;
  readonly #decider: Decider;
  /** The changes in the log. */
  readonly range: ChangeRange;

  constructor(log: ReadableLog, decider: Decider) {
    this.#log = log;
    this.#decider = decider;
    this.range = new ChangeRange(log);
  }

  /**
   * Applies the changes after `roomsAt` to a session, and finds where it left the rooms that it was leaving. The
   * session is without the changes that are to come from the log, and are not there yet. Returns `undefined` if a
   * change has disconnected its client. Nobody can move a client that is gone.
   */
  *apply(state: RecoveredState): Steps<RecoveredState | undefined> {
    const isSettled = state.isGone && openRoomsOf(state).size === 0 && !state.joining?.length;
    const roomsAt = isSettled ? undefined : this.#beginningOf(state);
    return roomsAt === undefined ? { ...state, roomsAt } : this.#move(state, yield* this.range.read(roomsAt));
  }

  /**
   * Applies the changes that this process has carried out since `apply`. Returns `undefined` if its client has to ask
   * for the session again.
   */
  applyHeard(state: RecoveredState): RecoveredState | undefined {
    if (state.roomsAt === undefined) return state;
    const heard = this.range.held(state.roomsAt);
    return heard?.length ? this.#move(state, heard) : heard && state;
  }

  /** Returns the newest record that the rooms of a session reflect for certain. */
  #beginningOf({ roomsAt, after }: RecoveredState): Offset | undefined {
    if (roomsAt === undefined || roomsAt >= after) return roomsAt;
    // A home on this machine has the text before the client has an event.
    if (this.#decider === 'log') return after;
    const least = this.#log.earlier(after, UNWRITTEN_MAX);
    return roomsAt > least ? roomsAt : least;
  }

  /** Applies changes up to the newest record. After a restart, nearly all sessions have none. */
  #move(state: RecoveredState, changes: readonly PlacedChange[]): RecoveredState | undefined {
    const roomsAt = this.#log.offset;
    if (changes.length === 0 && !state.leaving?.length) return { ...withoutPlaced(state), roomsAt };
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
    for (const room of open) rooms.delete(room);
    const leaving = state.leaving?.filter(({ room, until }) => until !== undefined || open.has(room));
    return withoutPlaced({ ...state, rooms, leaving, joining: [...joining], moves, roomsAt });
  }
}

/**
 * Returns the rooms that a session was leaving at a place that its text does not tell. It counts as in them until that
 * place.
 */
function openRoomsOf({ rooms, leaving = [], placed = [] }: RecoveredState): Set<Room> {
  const isOpen = (room: Room): boolean => !rooms.has(room) || placed.includes(room);
  return new Set(leaving.flatMap(({ room, until }) => (until === undefined && isOpen(room) ? [room] : [])));
}

/** Returns a session without the changes that are to come from the log, and are not there yet. They may never come. */
function withoutPlaced(state: RecoveredState): RecoveredState {
  const { placed = [], leaving = [], joining = [] } = state;
  if (placed.length === 0) return state;
  const rooms = new Set(state.rooms);
  for (const room of joining) if (placed.includes(room)) rooms.delete(room);
  for (const { room, until } of leaving) if (placed.includes(room) && until === undefined) rooms.add(room);
  return { ...state, rooms };
}
