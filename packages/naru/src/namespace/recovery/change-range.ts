/**
 * The newest changes of sockets in a log, and what they do to sessions that are on their way to this process or that no
 * process had at the time.
 */
import { lowerOffset, nextOffset, type Offset, type StoredRecord } from '../../backplane/backplane.js';
import { isTold, TOLD_ROOM } from '../../backplane/own-records.js';
import { sizeOfNames } from '../../backplane/record-size.js';
import { carryOut, pending, type Steps, waitFor } from '../../base/steps/answer.js';
import { decodeValue } from '../../protocol/json-event/message.js';
import type { Room, Target } from '../event/target.js';
import type { NamespaceLog } from '../log/namespace-log.js';
import { countWithin, isFor, sumOf } from '../log/records.js';
import { ACT, readAction, readTarget } from '../remote/incoming.js';
import type { RoomChange } from '../rooms.js';
import type { SocketAction } from '../socket/far-sockets.js';
import type { RecoveredState } from './written-session.js';

/** A change of the sockets of a target, at its place in the log. */
export type PlacedChange = { readonly offset: Offset; readonly target: Target; readonly action: SocketAction };

/**
 * The most records that are read at once, the number in the first reading, and the bytes that a reading aims at. A busy
 * process and a busy home need a tenth of a second for a reading, whatever its size.
 */
const PAGE_MAX = 4_096;
const PAGE_FIRST = 256;
const PAGE_BYTES = 1024 * 1024;
/** The most bytes of changes that are held. */
const BYTES_MAX = 4 * 1024 * 1024;

/** Bytes of memory that a change takes in addition to its names. */
const CHANGE_COST = 300;

/**
 * The records before the newest event of a client in which changes may be missing in its session, although its server
 * had carried them out. The server was killed before the home had the text. A busy home on another machine has it late,
 * and the text of a client that has just come back may wait.
 */
const UNWRITTEN_MAX = 4_096;

/** Numbers between two records from which on the home may have left out some of them, which is asked for then. */
const HOLE_MIN = 2 ** 20;

/** The list of the index with the messages between processes, and a text of those that tell of changes. */
const TOLD = [TOLD_ROOM];
const CHANGE = `["${ACT}",`;

/**
 * The changes up to the newest record that this process has delivered. It adds those that it carries out, and reads
 * earlier ones when a session needs them. So each record of the log is read once, whatever the places from which
 * sessions come. One session has the range grow at a time, by a step, and then the others have their turn.
 *
 * Invariant: it has all changes of the log after `#from`, up to what this process has delivered.
 */
export class ChangeRange {
  readonly #log: NamespaceLog;
  #from: Offset = '';
  #changes: PlacedChange[] = [];
  #bytes = 0;
  /** Increases when this process passes over records without reading them. Negative until the range has begun. */
  #erasures = -1;
  /** The oldest record that the log had when a reading found a gap. It may lack changes before that. */
  oldest: Offset = '';
  #limit = PAGE_FIRST;
  #step: Promise<void> | undefined;

  constructor(log: NamespaceLog) {
    this.#log = log;
    this.#check();
  }

  /** Adds a change that this process carries out, in the order of the log. */
  add(change: PlacedChange): void {
    this.#check();
    this.#changes.push(change);
    this.#bytes += costOf(change);
    if (this.#bytes <= BYTES_MAX) return;
    const gone = this.#changes.splice(0, Math.ceil(this.#changes.length / 2));
    this.#bytes -= sumOf(gone, costOf);
    this.#from = gone.at(-1)?.offset ?? this.#from;
  }

  /**
   * Applies the changes after `roomsAt` to a session, and finds where it left the rooms that it was leaving. Returns
   * `undefined` if a change has disconnected its client. Only a server that had it earlier moves a client that is gone.
   */
  *apply(state: RecoveredState): Steps<RecoveredState | undefined> {
    const { roomsAt, after, isGone, joining, takes = 0 } = state;
    // Before the first take, no server has lost the session. A home on this machine may have refused a take of it.
    const wasTaken = takes > 1 || this.#log.home.keepsAtOnce;
    const isSettled = isGone && !wasTaken && openRoomsOf(state).size === 0 && !joining?.length;
    if (roomsAt === undefined) return state;
    const changes = isSettled ? [] : yield* this.read(yield* this.#beforeUnwritten(after, roomsAt));
    return move(state, changes, this.#log.offset);
  }

  /**
   * Returns a place before the changes that may be missing in the session of a client with that newest event. Its
   * rooms reflect the record `roomsAt` for certain. A home that was started again has left out some numbers.
   */
  *#beforeUnwritten(after: Offset, roomsAt: Offset): Steps<Offset> {
    const log = this.#log;
    let place = log.earlier(after, UNWRITTEN_MAX);
    for (let from = after; !log.isCounted && place > roomsAt && lowerOffset(from, HOLE_MIN) > roomsAt; ) {
      if (yield* waitFor(log.knows(place))) break;
      const { records } = yield* waitFor(log.readBack(place, 1));
      from = records[0]?.offset ?? roomsAt;
      place = log.earlier(from, UNWRITTEN_MAX);
    }
    return place > roomsAt ? place : roomsAt;
  }

  /**
   * Applies the changes that this process has carried out since `apply`. Returns `undefined` if its client has to ask
   * for the session again.
   */
  applyHeard(state: RecoveredState): RecoveredState | undefined {
    const heard = state.roomsAt === undefined ? [] : this.held(state.roomsAt);
    return heard?.length ? move(state, heard, this.#log.offset) : heard && state;
  }

  /** Returns the changes after an offset, or `undefined` if some of them may not be held. */
  held(after: Offset): readonly PlacedChange[] | undefined {
    this.#check();
    if (after < this.#from) return undefined;
    return this.#changes.slice(this.#changes.findLastIndex(({ offset }) => offset <= after) + 1);
  }

  /** Returns the changes after an offset. Throws the error of the log, as do all readings that wait for the same. */
  *read(after: Offset): Steps<readonly PlacedChange[]> {
    for (;;) {
      const held = this.held(after);
      if (held) return held;
      // There are too many to hold them, so they are read for this session alone.
      if (!this.#step && this.#bytes > BYTES_MAX / 2) return [...(yield* this.#readBack(after))[0], ...this.#changes];
      this.#step ??= pending(carryOut(this.#growBack(after)), () => {
        this.#step = undefined;
      });
      yield* waitFor(this.#step);
    }
  }

  #check(): void {
    const { offset, erasures } = this.#log;
    if (this.#erasures === erasures) return;
    this.#erasures = erasures;
    this.#from = offset;
    this.#changes = [];
    this.#bytes = 0;
  }

  /**
   * Reads the changes after an offset and before the range, which may begin later meanwhile. Returns also whether it
   * has seen any records there.
   */
  *#readBack(after: Offset): Steps<readonly [found: PlacedChange[], hasRecords: boolean]> {
    const found: PlacedChange[] = [];
    let hasRecords = false;
    for (let place = after; !this.held(place); ) {
      const until = this.#from;
      const told = yield* waitFor(this.#log.pages.readRooms(TOLD, place, this.#limit));
      const { records, hasGap, passed } = told ?? (yield* waitFor(this.#log.read(place, this.#limit, CHANGE)));
      // A page with a gap has what the log still has.
      if (hasGap) this.oldest = records[0]?.offset ?? until;
      this.#limit = passed && !told ? PAGE_MAX : Math.min(PAGE_MAX, countWithin(PAGE_BYTES, records, this.#limit));
      const last = passed ?? records.at(-1)?.offset ?? until;
      place = last < until ? last : until;
      hasRecords ||= records[0] !== undefined && records[0].offset <= until;
      for (const record of records) if (record.offset <= place) addChange(record, found);
    }
    return [found, hasRecords];
  }

  /** Reads some of the records before the range. */
  *#growBack(after: Offset): Steps<void> {
    const step = this.#log.earlier(this.#from, this.#log.home.nearRecords);
    const from = step > after ? step : after;
    if ((yield* this.#growTo(from)) || from === after) return;
    // A home may have left out millions of numbers there, after a crash for example.
    const [before] = (yield* waitFor(this.#log.readBack(nextOffset(from), 1))).records;
    this.#check();
    // Retention may have removed everything there, which a reading from the place itself tells.
    if (!before) yield* this.#growTo(after);
    else if (this.#from === from) this.#from = before.offset > after ? before.offset : after;
  }

  /** Reads the changes between a place and the range. Returns whether there are any records. */
  *#growTo(from: Offset): Steps<boolean> {
    const [found, hasRecords] = yield* this.#readBack(from);
    this.#changes = [...found, ...this.#changes];
    this.#bytes += sumOf(found, costOf);
    this.#from = from;
    return hasRecords;
  }
}

/** Adds the change of a record, if it tells of one. */
function addChange(record: StoredRecord, found: PlacedChange[]): void {
  if (!isTold(record) || !record.event.startsWith(CHANGE)) return;
  try {
    const [, , far, ...args] = decodeValue(record.event, Number.POSITIVE_INFINITY) as readonly unknown[];
    const action = readAction(args);
    if (action) found.push({ offset: record.offset, target: readTarget(far), action });
  } catch {
    // A later version may write what this one cannot read. That was reported when the record was delivered.
  }
}

/** Returns the approximate bytes of memory that a change takes. */
function costOf({ target, action: [, what] }: PlacedChange): number {
  return CHANGE_COST + sizeOfNames(target) + sizeOfNames({ rooms: typeof what === 'boolean' ? [] : what, except: [] });
}

/**
 * Applies changes up to the record `roomsAt`. The session is without the changes that are to come from the log, and are
 * not there yet. They may never come.
 */
function move(state: RecoveredState, changes: readonly PlacedChange[], roomsAt: Offset): RecoveredState | undefined {
  const { placed = [], moves = [] } = state;
  // After a restart, nearly all sessions have none.
  if (changes.length === 0 && !state.leaving?.length && placed.length === 0)
    return { ...state, roomsAt, isGone: false };
  const chosen = new Map(state.chosen);
  const open = openRoomsOf(state);
  const joining = new Set(state.joining);
  const rooms = new Set([...state.rooms, ...open]);
  let moved: RoomChange[] = [];
  for (const { offset, target, action } of changes) {
    if (!isFor({ rooms: [...target.rooms], except: [...target.except] }, rooms)) continue;
    const [kind, what, takes = Number.POSITIVE_INFINITY] = action;
    const isLate = takes !== Number.POSITIVE_INFINITY;
    // A client that has later events was gone then, whatever its text says.
    if (kind === 'disconnect' && (state.isGone || offset <= state.after)) continue;
    if (kind === 'disconnect') return undefined;
    const isJoin = kind === 'join';
    for (const room of what) {
      if (state.isGone && !isLate && !(isJoin ? joining : open).has(room)) continue;
      if ((chosen.get(room) ?? 0) > takes) continue;
      // The late change of an even earlier process does not undo this one.
      if (isLate) chosen.set(room, takes);
      open.delete(room);
      const isPlaced = isJoin && joining.delete(room);
      if (rooms.has(room) === isJoin && !isPlaced) continue;
      // It was not in the room before, so an earlier leave has changed nothing.
      if (isPlaced) moved = moved.filter((move) => move.room !== room);
      rooms[isJoin ? 'add' : 'delete'](room);
      if (offset > state.after) moved.push({ after: offset, room, isIn: isJoin });
    }
  }
  for (const room of open) if (!placed.includes(room)) rooms.delete(room);
  for (const room of joining) if (placed.includes(room)) rooms.delete(room);
  const leaving = state.leaving?.filter(({ room, until }) => until !== undefined || open.has(room));
  const places = { rooms: [...rooms], leaving, joining: [...joining], moves: [...moves, ...moved] };
  return { ...state, ...places, chosen: [...chosen], roomsAt, isGone: false };
}

/**
 * Returns the rooms that a session was leaving at a place that its text does not tell. It counts as in them until that
 * place.
 */
function openRoomsOf({ rooms, leaving = [], placed = [] }: RecoveredState): Set<Room> {
  const isOpen = (room: Room): boolean => !rooms.includes(room) || placed.includes(room);
  return new Set(leaving.flatMap(({ room, until }) => (until === undefined && isOpen(room) ? [room] : [])));
}
