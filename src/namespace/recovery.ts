/** Connection state recovery in memory: the newest events of a namespace, and the sessions that may come back for them. */
import type { Clock } from '../base/clock.js';
import { type DeadlineEntry, Deadlines } from '../base/deadlines.js';
import type { Random } from '../base/id.js';
import { Ring } from '../base/ring.js';
import { EncodedPacket } from '../transport/encoded-packet.js';
import type { Room, SocketId, Target } from './target.js';

/** Bounds of recovery. */
export interface RecoverySettings {
  /** Milliseconds for which events and sessions are kept. */
  readonly maxDisconnectionDuration: number;
  /** Whether middleware is skipped for a session that was recovered. */
  readonly skipMiddlewares: boolean;
  /** Bytes of events that a namespace keeps; beyond it the oldest go, and clients that need them are told `recovered === false`. */
  readonly bytesMax: number;
  /** Sessions that are kept after their connection went; beyond it those that went first are let go. */
  readonly keptSessionsMax: number;
}

/** A socket as recovery sees it while it lives. */
export interface RecoverableSocket {
  readonly id: SocketId;
  readonly rooms: Set<Room>;
  data: unknown;
  /** Another connection took the session over. */
  supersede(): void;
}

/** What a session gets back. */
export interface RecoveredState {
  readonly id: SocketId;
  readonly pid: string;
  readonly rooms: ReadonlySet<Room>;
  readonly data: unknown;
  /** The events it missed, oldest first, encoded as the others got them. */
  readonly missed: readonly (readonly EncodedPacket[])[];
  /** The newest event when it came back. */
  readonly sequence: number;
}

interface LoggedEvent {
  readonly sequence: number;
  readonly at: number;
  readonly size: number;
  readonly packets: readonly EncodedPacket[];
  readonly rooms: ReadonlySet<Room>;
  readonly except: ReadonlySet<Room>;
}

interface KeptSession extends DeadlineEntry {
  readonly pid: string;
  readonly id: SocketId;
  /** The newest event when the session began: where it continues if it never saw an offset. */
  readonly startedAfter: number;
  live: RecoverableSocket | undefined;
  rooms: ReadonlySet<Room>;
  data: unknown;
}

const OFFSET_DIGITS = 11;
/** Bytes of memory that an event takes besides what it says. */
const EVENT_COST = 300;

/**
 * The log of one namespace. Guarantees: offsets are strings that sort in the order of the events; a recovered session gets each event
 * it missed once, in that order; when the log does not reach back far enough nothing is recovered and the client is told.
 */
export class RecoveryLog {
  readonly settings: RecoverySettings;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #events = new Ring<LoggedEvent>();
  readonly #sessions = new Map<string, KeptSession>();
  readonly #expiry: Deadlines<KeptSession>;
  #sequence = 0;
  #bytes = 0;

  constructor(clock: Clock, random: Random, settings: RecoverySettings) {
    this.#clock = clock;
    this.#random = random;
    this.settings = settings;
    this.#expiry = new Deadlines(clock, settings.maxDisconnectionDuration, (session) =>
      this.#sessions.delete(session.pid),
    );
  }

  /** Sessions that are alive or kept. */
  get sessionCount(): number {
    return this.#sessions.size;
  }

  /** The offset of the newest event; what ends an event that is not kept itself. */
  get offset(): string {
    return encodeOffset(this.#sequence);
  }

  /** The offset that the next event will have. */
  get nextOffset(): string {
    return encodeOffset(this.#sequence + 1);
  }

  /** Keeps an event that was encoded with `nextOffset` as its last argument. */
  append(packets: readonly EncodedPacket[], target: Target): void {
    this.#sequence += 1;
    let size = EVENT_COST;
    for (const packet of packets) size += packet.size;
    this.#events.push({
      sequence: this.#sequence,
      at: this.#clock.now(),
      size,
      packets: packets.map(alone),
      rooms: target.rooms,
      except: target.except,
    });
    this.#bytes += size;
    this.#trim();
  }

  /** Begins a session: it can be recovered from now on. Gives the secret by which the client will ask for it. */
  begin(socket: RecoverableSocket, pid = this.#random.id()): string {
    this.#sessions.set(pid, {
      pid,
      id: socket.id,
      startedAfter: this.#sequence,
      live: socket,
      rooms: new Set(),
      data: undefined,
      deadlineAt: 0,
      deadlinePrevious: undefined,
      deadlineNext: undefined,
      deadlineQueue: undefined,
    });
    return pid;
  }

  /** The connection of a session is gone and may come back. */
  keep(pid: string, rooms: ReadonlySet<Room>, data: unknown): void {
    const session = this.#sessions.get(pid);
    if (!session) return;
    session.live = undefined;
    session.rooms = rooms;
    session.data = data;
    this.#expiry.add(session);
    const oldest = this.#expiry.count > this.settings.keptSessionsMax ? this.#expiry.first : undefined;
    if (oldest) this.forget(oldest.pid);
  }

  /** The session ended for good. */
  forget(pid: string): void {
    const session = this.#sessions.get(pid);
    if (!session) return;
    this.#expiry.remove(session);
    this.#sessions.delete(pid);
  }

  /** Lets go of all sessions: the server closes, and nobody can come back to it. */
  close(): void {
    for (const session of this.#sessions.values()) this.#expiry.remove(session);
    this.#sessions.clear();
  }

  /** Recovers the session `pid` from behind `offset`; `undefined` when it is not known or the log does not reach that far back. */
  restore(pid: unknown, offset: unknown): RecoveredState | undefined {
    const session = typeof pid === 'string' ? this.#sessions.get(pid) : undefined;
    if (!session) return undefined;
    const after = offset === undefined ? session.startedAfter : decodeOffset(offset);
    this.#trim();
    const oldest = this.#events.at(0)?.sequence ?? this.#sequence + 1;
    if (after === undefined || after > this.#sequence || after < oldest - 1) return undefined;
    // The server may not know yet that the former connection is dead.
    const live = session.live;
    const rooms = new Set(live ? live.rooms : session.rooms);
    const data = live ? live.data : session.data;
    live?.supersede();
    this.forget(session.pid);
    const missed = this.#missed(after - oldest + 1, rooms);
    return { id: session.id, pid: session.pid, rooms, data, missed, sequence: this.#sequence };
  }

  /** Adds what was missed since `restore`, while middleware ran; `undefined` when the log does not reach that far back any more. */
  complete(state: RecoveredState): RecoveredState | undefined {
    const oldest = this.#events.at(0)?.sequence ?? this.#sequence + 1;
    if (state.sequence < oldest - 1) return undefined;
    const late = this.#missed(state.sequence - oldest + 1, state.rooms);
    return { ...state, missed: [...state.missed, ...late], sequence: this.#sequence };
  }

  #missed(index: number, rooms: ReadonlySet<Room>): (readonly EncodedPacket[])[] {
    const missed: (readonly EncodedPacket[])[] = [];
    for (let at = index; at < this.#events.count; at += 1) {
      const event = this.#events.at(at);
      if (event && (event.rooms.size === 0 || meets(event.rooms, rooms)) && !meets(event.except, rooms))
        missed.push(event.packets);
    }
    return missed;
  }

  #trim(): void {
    const oldestAt = this.#clock.now() - this.settings.maxDisconnectionDuration;
    let event = this.#events.at(0);
    while (event && (event.at < oldestAt || this.#bytes > this.settings.bytesMax)) {
      this.#bytes -= event.size;
      this.#events.shift();
      event = this.#events.at(0);
    }
  }
}

/**
 * A packet as the log keeps it: without the frames that were made of it, and with bytes of its own. A few bytes of a Buffer may hold
 * on to 64 KiB, which the log could not count.
 */
function alone({ unit, compress }: EncodedPacket): EncodedPacket {
  return new EncodedPacket(typeof unit === 'string' ? unit : new Uint8Array(unit), compress);
}

function meets(one: ReadonlySet<Room>, other: ReadonlySet<Room>): boolean {
  for (const room of one) if (other.has(room)) return true;
  return false;
}

function encodeOffset(sequence: number): string {
  return sequence.toString(36).padStart(OFFSET_DIGITS, '0');
}

function decodeOffset(offset: unknown): number | undefined {
  if (typeof offset !== 'string' || offset.length !== OFFSET_DIGITS || !/^[0-9a-z]+$/.test(offset)) return undefined;
  const sequence = Number.parseInt(offset, 36);
  return Number.isSafeInteger(sequence) ? sequence : undefined;
}
