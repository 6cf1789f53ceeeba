/** A session that its client may recover, while this process has it. */
import type { NamespaceStore, Offset } from '../../backplane/backplane.js';
import { DeadlineEntry } from '../../base/deadlines.js';
import { setNewest } from '../../base/get-or-create.js';
import type { Answer } from '../../base/steps/answer.js';
import { transitionOf } from '../../base/steps/machine.js';
import type { Outbox } from '../../session/outbox.js';
import type { Room, SocketId } from '../event/target.js';
import type { NamespaceLog } from '../log/namespace-log.js';
import type { RoomChange } from '../rooms.js';
import type { Member } from '../socket/socket.js';
import type { PlacedChange } from './change-range.js';
import { SESSION, type SessionEvent, type SessionState } from './session-table.js';
import type { RecoveredState, WrittenSession } from './written-session.js';

/** Milliseconds for which a client that asks for its session waits for the home of the log. */
export const RECOVERY_WAIT_MS = 10_000;

/** The most changes of rooms that are kept. */
export const MOVES_MAX = 256;
/** The changes after which the server asks the client how far it has read. */
const ASKED_MIN = 16;

/**
 * The parts of a member that recovery uses while it lives. Its connection calls `onPong` when the client has received
 * all that was sent so far. It returns `false` if it cannot say so, or not now.
 */
export type RecoverableMember = Pick<Member, 'id' | 'rooms' | 'findOpen' | 'data' | 'supersede' | 'pid' | 'lag'> &
  Partial<Pick<Member & WrittenSession, 'joinedRooms' | 'isExpelled' | 'present'>> & {
    readonly client: { readonly conn: { probe(onPong: () => void): boolean } };
  };

/** The things that all parts of recovery use. */
export interface SessionsContext {
  /** The name of the namespace. */
  readonly name: string;
  readonly log: NamespaceLog;
  readonly store: NamespaceStore;
  readonly outbox: Pick<Outbox, 'atEnd'>;
  /** The name by which other processes know this one. */
  readonly owner: string;
  /** Milliseconds for which a session is kept after its connection is gone. */
  readonly keptMs: number;
  /** The sessions that this process has, by their secrets. */
  readonly sessions: ReadonlyMap<string, KeptSession>;
  /** Called when another process has a session. */
  onLost(session: KeptSession): void;
  /**
   * Called when another process has disconnected the client of a session while nobody had it. `stored` is the text in
   * the store.
   */
  onPutOut(pid: string, stored: string | undefined): void;
}

/** The facts with which a session begins here, after the event `after`, or goes on. */
export type SessionStart = Pick<RecoveredState, 'after'> & Partial<RecoveredState>;

/**
 * The state of a session: its member, or what the connection has left behind. Changes of rooms that have not taken
 * effect yet do so although the connection is gone.
 */
export type SessionSource = Pick<Member, 'rooms'> &
  Partial<Pick<Member & WrittenSession, 'findOpen' | 'data' | 'present'>>;

/** A change of a room, and the number of the first text that has it. */
type UnwrittenChange = Omit<RoomChange, 'after'> & { readonly text: number };

const NOTHING: readonly UnwrittenChange[] = [];

/** A session that is connected, or whose client may come back. */
export class KeptSession extends DeadlineEntry {
  readonly pid: string;
  readonly id: SocketId;
  /** The facts of its start that each of its texts repeats. */
  start: Pick<WrittenSession, 'foreign' | 'missed' | 'takes' | 'isAnnounced' | 'present'>;
  /**
   * The newest event when the session began, or a later place up to which its client has read. The session continues
   * after it if the client names no newer event.
   */
  startedAfter: Offset;
  live: RecoverableMember | undefined;
  source: SessionSource;
  endedAt: Offset | undefined = undefined;
  /** The newest record here when the session came from another process. */
  cameAt: Offset | undefined = undefined;
  /** The number of the ask with which it came back. */
  readonly ask: number;
  /** Whether the others need not be told that this process has taken the session: they were, or it has not. */
  isTold: boolean;
  /** Whether the store has had a text of this process. Until then, somebody else may be faster to take the session. */
  isTaken: boolean;
  /** The newest record that the written rooms reflect. */
  roomsAt: Offset | undefined = undefined;
  /** The text that the store has once all writes are carried out, `undefined` if that is not known. */
  stored: string | undefined;
  /** The newest text that the store is known to have. */
  confirmed: string | undefined;
  /** The number of texts that were sent to the store. */
  sent = 0;
  /** The answer of the store to the newest text, until it is there. */
  writing: Answer<void> = undefined;
  /** The life of the session in the store. Changed by `on` alone. */
  state: SessionState = 'unwritten';
  /** How its rooms have changed, oldest first, back to a place that its client has read. */
  #moves: RoomChange[];
  /** The place of the newest change that was forgotten. A client that goes on before it may miss events. */
  #forgotten: Offset | undefined;
  #isAsking = false;
  /** The newest changes of rooms of which other servers learn from the text alone. */
  #unwritten = NOTHING;
  /** The rooms about which programs have decided, with `takes` at that time. */
  readonly chosen: Map<Room, number>;

  constructor(pid: string, live: RecoverableMember, start: SessionStart, moves = start.moves ?? []) {
    super();
    this.pid = pid;
    this.id = live.id;
    this.live = this.source = live;
    this.startedAfter = start.after;
    const { foreign, missed, takes, isAnnounced, present } = start;
    this.start = { foreign, missed, takes, isAnnounced, present };
    this.ask = start.ask ?? 0;
    this.isTold = !start.isElsewhere;
    this.isTaken = this.isTold || start.writtenAt !== undefined;
    this.stored = this.confirmed = start.stored;
    if (start.writtenAt !== undefined) this.on('send');
    this.roomsAt = start.writtenAt;
    this.#moves = moves.toSorted((one, other) => (one.after < other.after ? -1 : 1));
    this.#forgotten = start.forgotten;
    this.chosen = new Map(start.chosen);
  }

  /** Whether this process no longer has the session. */
  get isOver(): boolean {
    return this.state === 'taken' || this.state === 'gone';
  }

  /** Makes the transition of an event. Throws an InvariantError for an event that cannot happen in the state. */
  on(event: SessionEvent): void {
    this.state = transitionOf(SESSION, this.state, event).to;
  }

  /**
   * A room was entered or left, at a place in the log. A room that was left and entered again counts as never left when
   * there are too many changes. If that is not enough, the oldest changes are forgotten.
   */
  move(change: RoomChange): void {
    const { after } = change;
    if (after <= this.startedAfter) return;
    this.#moves.push(change);
    const oldest = this.#moves.length > MOVES_MAX ? this.#moves.shift() : undefined;
    const again = oldest?.isIn === false ? this.#moves.findIndex(({ room }) => room === oldest.room) : -1;
    if (again >= 0) this.#moves.splice(again, 1);
    else if (oldest?.isIn === false) this.#forgotten = oldest.after;
    // A client that reads late cannot have read what it was not sent.
    if (this.#isAsking || this.#moves.length < ASKED_MIN || !this.live || this.live.lag) return;
    this.#isAsking = this.live.client.conn.probe(() => {
      this.#isAsking = false;
      if (after <= this.startedAfter) return;
      // The client may name an older event, and moves after it are forgotten now. It has heard of a gap before them.
      this.startedAfter = after;
      this.start = { ...this.start, missed: undefined };
      this.#moves = this.#moves.filter((move) => move.after > after);
    });
  }

  /**
   * The program decides about rooms, after another process had the session. `takes` is that of a process whose change
   * came late.
   */
  choose(rooms: readonly Room[], takes = this.start.takes): void {
    if (takes) for (const room of rooms) setNewest(this.chosen, room, takes, MOVES_MAX);
  }

  /**
   * Carries out a change if a former server makes it late, and the client of this session is gone. The rooms stay about
   * which a program has decided since.
   */
  takeLate({ offset: after, target, action: [kind, what, takes] }: PlacedChange): void {
    if (this.live || kind === 'disconnect' || takes === undefined || !target.rooms.has(this.id)) return;
    const isIn = kind === 'join';
    const open = what.filter((room) => (this.chosen.get(room) ?? 0) <= takes);
    this.choose(open, takes);
    const rooms = new Set(this.source.rooms);
    for (const room of open) {
      if (rooms.has(room) === isIn) continue;
      rooms[isIn ? 'add' : 'delete'](room);
      this.move({ after, room, isIn });
    }
    this.source = { ...this.source, rooms };
  }

  /** The program has changed a room. Other servers learn of it from the text, or from the log if it is placed there. */
  note(room: Room, isIn: boolean, isPlaced: boolean): void {
    if (this.#unwritten.length > 0) this.#unwritten = this.#unwritten.filter((change) => change.room !== room);
    if (!isPlaced) this.#unwritten = [...this.#unwritten, { room, isIn, text: this.sent + 1 }].slice(-MOVES_MAX);
  }

  /** The store has the text of that number. */
  onStored(number: number): void {
    if (this.#unwritten.length > 0) this.#unwritten = this.#unwritten.filter(({ text }) => text > number);
  }

  /** Returns the rooms that were entered, or left, since the newest text that the store has. */
  unwritten(isIn: boolean): Room[] {
    return this.#unwritten.flatMap((change) => (change.isIn === isIn ? [change.room] : []));
  }

  /** Returns the session as it is written. `owner` is the process that has it. */
  toWritten(owner: string | undefined): WrittenSession {
    const { id, startedAfter, endedAt } = this;
    const { foreign, missed, takes, isAnnounced } = this.start;
    const { rooms, data, present: held } = this.source;
    // The store may have presence of a session that had some when it began here.
    const present = held?.length === 0 && this.start.present?.length !== 0 ? undefined : held;
    // V8 copies an object of few named fields much faster than several objects.
    return {
      ...{ id, startedAfter, foreign, missed, takes, isAnnounced, endedAt, data, present, owner },
      rooms: [...rooms],
      ...this.source.findOpen?.(),
      moves: this.#moves.length > 0 ? this.#moves.filter(({ after }) => after > startedAfter) : undefined,
      forgotten: this.#forgotten,
      chosen: this.chosen.size > 0 ? [...this.chosen] : undefined,
    };
  }
}
