/** A session that its client may recover, while this process has it. */
import type { Offset } from '../../backplane/backplane.js';
import { DeadlineEntry } from '../../base/deadlines.js';
import type { Answer } from '../../base/steps/answer.js';
import type { OpenRooms, RoomChange } from '../log/effective-rooms.js';
import type { PresentAs } from '../presence/roster.js';
import type { Member } from '../socket/socket.js';
import type { Room, SocketId } from '../target.js';
import { MOVES_MAX, RoomMoves } from './room-moves.js';
import { type SessionEvent, type SessionState, stateAfter } from './session-table.js';
import type { WrittenSession } from './written-session.js';

/** Milliseconds for which a client that asks for its session waits for the home of the log. */
export const RECOVERY_WAIT_MS = 10_000;

/** A connection that can tell how far its client has read. */
export interface ProbedConnection {
  /** Calls `onPong` when the client has received all that was sent so far. Returns `false` if it cannot say so, or not now. */
  probe(onPong: () => void): boolean;
}

/** The parts of a member that recovery uses while it lives. */
export type RecoverableMember = Pick<Member, 'id' | 'rooms' | 'openRooms' | 'data' | 'supersede' | 'pid' | 'lag'> & {
  readonly client: { readonly conn: ProbedConnection };
};

/** A session that is connected, or whose client may come back. */
export class KeptSession extends DeadlineEntry {
  readonly pid: string;
  readonly id: SocketId;
  /** The newest event when the session began. The session continues after it if the client has not seen any offset. */
  startedAfter: Offset;
  readonly foreign: Offset | undefined;
  /** The offset that the client named when it was told of a gap. */
  missed: Offset | undefined = undefined;
  live: RecoverableMember | undefined;
  rooms: ReadonlySet<Room> = new Set();
  /** Finds the rooms whose changes have not taken effect. They do so although the connection is gone. */
  findOpen: () => OpenRooms = () => ({});
  /** How its rooms have changed since a place that its client has read. */
  moves = new RoomMoves();
  data: unknown = undefined;
  present: readonly PresentAs[] | undefined = undefined;
  endedAt: Offset | undefined = undefined;
  /** The newest record here when the session came from another process. */
  cameAt: Offset | undefined = undefined;
  /** The number of the ask with which it came back. */
  ask = 0;
  /** How often one process has taken the session from another one. */
  takes = 0;
  /** The place at which this process told the others that it has taken the session, `undefined` until then. Empty if it has not taken it. */
  toldAt: Offset | undefined = '';
  /** The place of the newest message of another process that has taken the session while that was unknown. */
  overtakenAt: Offset = '';
  /** The newest record that the written rooms reflect. */
  roomsAt: Offset | undefined = undefined;
  /** The text that the store has once all writes are carried out, `undefined` if that is not known. */
  stored: string | undefined = undefined;
  /** The number of texts that were sent to the store. */
  sent = 0;
  /** The answer of the store to the newest text, until it is there. */
  writing: Answer<void> = undefined;
  #state: SessionState = 'unwritten';
  /**
   * The newest changes of rooms of which other servers learn from the text alone: whether the session is in the room, and the number of the
   * first text that says so.
   */
  readonly #unwritten = new Map<Room, { readonly isIn: boolean; readonly text: number }>();

  constructor(pid: string, live: RecoverableMember, startedAfter: Offset, foreign: Offset | undefined) {
    super();
    this.pid = pid;
    this.id = live.id;
    this.startedAfter = startedAfter;
    this.foreign = foreign;
    this.live = live;
  }

  /** The life of the session in the store. */
  get state(): SessionState {
    return this.#state;
  }

  /** Whether this process no longer has the session. */
  get isOver(): boolean {
    return this.#state === 'taken' || this.#state === 'gone';
  }

  /** Makes the transition of an event. */
  on(event: SessionEvent): void {
    this.#state = stateAfter(this.#state, event);
  }

  /** A room was entered or left, at a place in the log. */
  move(change: RoomChange): void {
    if (change.after <= this.startedAfter) return;
    // A client that reads late cannot have read what it was not sent.
    this.moves.add(change, (onRead) => !this.live?.lag && this.live?.client.conn.probe(onRead) === true);
  }

  /** The program has changed a room. Other servers learn of it from the text, or from the log if it is placed there. */
  note(room: Room, isIn: boolean, isPlaced: boolean): void {
    this.#unwritten.delete(room);
    if (isPlaced) return;
    this.#unwritten.set(room, { isIn, text: this.sent + 1 });
    if (this.#unwritten.size > MOVES_MAX)
      for (const [oldest] of [...this.#unwritten].slice(0, 1)) this.#unwritten.delete(oldest);
  }

  /** The store has the text of that number. */
  onStored(number: number): void {
    for (const [room, { text }] of this.#unwritten) if (text <= number) this.#unwritten.delete(room);
  }

  /** Returns the rooms that were entered, or left, since the newest text that the store has. */
  unwritten(isIn: boolean): Room[] {
    return [...this.#unwritten].flatMap(([room, change]) => (change.isIn === isIn ? [room] : []));
  }

  get openRooms(): OpenRooms {
    return this.live?.openRooms ?? this.findOpen();
  }

  /** Returns the session as it is written. `owner` is the process that has it. */
  toWritten(owner: string | undefined): WrittenSession {
    const { id, startedAfter, present, foreign, missed, endedAt } = this;
    const { openRooms } = this;
    const { rooms, data } = this.live ?? this;
    const moves = this.moves.after(startedAfter);
    return {
      ...{ id, startedAfter, foreign, missed, endedAt, rooms: [...rooms] },
      leaving: openRooms.leaving?.length ? openRooms.leaving : undefined,
      joining: openRooms.joining?.length ? openRooms.joining : undefined,
      placed: openRooms.placed?.length ? openRooms.placed : undefined,
      moves: moves.length > 0 ? moves : undefined,
      ...{ forgotten: this.moves.forgotten, data, present, owner },
      takes: this.takes > 0 ? this.takes : undefined,
    };
  }
}
