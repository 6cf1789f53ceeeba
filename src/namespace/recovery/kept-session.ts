/** A session that its client may recover, while this process has it. */
import type { Offset } from '../../backplane/backplane.js';
import { DeadlineEntry } from '../../base/deadlines.js';
import type { LeftRoom, RoomChange } from '../log/effective-rooms.js';
import type { PresentAs } from '../presence/roster.js';
import type { Member } from '../socket/socket.js';
import type { Room, SocketId } from '../target.js';
import { RoomMoves } from './room-moves.js';
import { type SessionState, type SessionTransition, stateAfter } from './session-state.js';
import type { WrittenSession } from './written-session.js';

/** Milliseconds for which a client that asks for its session waits for the home of the log. */
export const RECOVERY_WAIT_MS = 10_000;

/** A connection that can tell how far its client has read. */
export interface ProbedConnection {
  /** Calls `onPong` when the client has received all that was sent so far. Returns `false` if it cannot say so, or not now. */
  probe(onPong: () => void): boolean;
}

/** The parts of a member that recovery uses while it lives. */
export type RecoverableMember = Pick<Member, 'id' | 'rooms' | 'leavingRooms' | 'data' | 'supersede' | 'pid' | 'lag'> & {
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
  leavingRooms: readonly LeftRoom[] = [];
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
  /** Whether this process has taken the session, and the others do not know that yet. */
  isUntold = false;
  /** The newest record that the written rooms reflect. */
  roomsAt: Offset | undefined = undefined;
  /** The text that was last sent to the store, so that the same text is not sent again. Empty if it is to be sent in any case. */
  written = '';
  /** The text that the store has once all writes are carried out, `undefined` if that is not known. */
  stored: string | undefined = undefined;
  /** The newest write, until the store has answered. */
  writing: Promise<void> | undefined = undefined;
  #state: SessionState = 'unwritten';

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

  become(transition: SessionTransition): void {
    this.#state = stateAfter(this.#state, transition);
  }

  /** A room was entered or left, at a place in the log. */
  move(change: RoomChange): void {
    if (change.after <= this.startedAfter) return;
    // A client that reads late cannot have read what it was not sent.
    this.moves.add(change, (onRead) => !this.live?.lag && this.live?.client.conn.probe(onRead) === true);
  }

  /** Returns the session as it is written. `owner` is the process that has it. */
  toWritten(owner: string | undefined): WrittenSession {
    const { id, startedAfter, live, present, foreign, missed, endedAt } = this;
    const takes = this.takes > 0 ? this.takes : undefined;
    const { rooms, leavingRooms, data } = live ?? this;
    const leaving = leavingRooms.length > 0 ? leavingRooms : undefined;
    const { forgotten } = this.moves;
    const left = this.moves.after(startedAfter);
    const moves = left.length > 0 ? left : undefined;
    const where = { startedAfter, foreign, missed, endedAt };
    return { id, ...where, rooms: [...rooms], leaving, moves, forgotten, data, present, owner, takes };
  }
}
