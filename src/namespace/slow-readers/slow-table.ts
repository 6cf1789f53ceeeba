/** The clients of a server that read slowly just now, and what came of it since the server began. */
import type { Clock } from '../../base/clock.js';
import type { Member } from '../socket/socket.js';
import type { SlowPolicyName } from './policy.js';

/** What the table needs of a member. */
type TabledMember = Pick<Member, 'id' | 'namespace' | 'client' | 'waitingBytes'>;

/** One that reads slowly. */
export interface SlowReader {
  /** The id of its socket. */
  readonly id: string;
  /** The name of its namespace. */
  readonly namespace: string;
  /** What carries it now: `websocket`, `polling` and so on. */
  readonly transport: string;
  /** What becomes of what it is too slow for. */
  readonly policy: SlowPolicyName;
  /** Bytes that wait for it in memory; those of its connection are counted for each of its sockets. */
  readonly bytes: number;
  /** When it began, in milliseconds of the server's clock. */
  readonly since: number;
  /** Events that were dropped for it since then, and their bytes. */
  readonly droppedEvents: number;
  readonly droppedBytes: number;
  /** Events whose place a newer one of their key took. */
  readonly conflatedEvents: number;
}

/** Counts since the server began. */
export interface SlowTotals {
  /** Times that a socket became slow, by whatever policy. */
  readonly sockets: number;
  /** Times that one went on reading from the log. */
  readonly late: number;
  /** Times that whoever emits was told to wait. */
  readonly held: number;
  /** Sockets that were disconnected because too much waited for them. */
  readonly disconnected: number;
  readonly droppedEvents: number;
  readonly droppedBytes: number;
  readonly conflatedEvents: number;
}

/** What `io.engine.slow()` gives. */
export interface SlowReport {
  /** Sockets that read slowly now. */
  readonly count: number;
  /** Those of them for whom most waits, that first. */
  readonly readers: readonly SlowReader[];
  readonly totals: SlowTotals;
}

/** What is remembered of a socket while it is slow. */
interface Entry {
  readonly policy: SlowPolicyName;
  readonly since: number;
  droppedEvents: number;
  droppedBytes: number;
  conflatedEvents: number;
}

const LIMIT = 100;

/** Invariant: a socket stands in it exactly while it is slow, so that a look costs what the slow ones cost and no more. */
export class SlowTable {
  readonly #clock: Clock;
  readonly #entries = new Map<TabledMember, Entry>();
  readonly #totals = {
    sockets: 0,
    late: 0,
    held: 0,
    disconnected: 0,
    droppedEvents: 0,
    droppedBytes: 0,
    conflatedEvents: 0,
  };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A socket is slow; nothing happens where that is known. */
  begin(socket: TabledMember, policy: SlowPolicyName): void {
    if (this.#entries.get(socket)?.policy === policy) return;
    this.#enter(socket, policy);
  }

  /** It is slow no more. */
  end(socket: TabledMember): void {
    this.#entries.delete(socket);
  }

  /** The policy by which a socket is slow. */
  policyOf(socket: TabledMember): SlowPolicyName | undefined {
    return this.#entries.get(socket)?.policy;
  }

  /** Whether `isMeant` holds for one that is slow. */
  some(isMeant: (socket: TabledMember, policy: SlowPolicyName) => boolean): boolean {
    for (const [socket, { policy }] of this.#entries) if (isMeant(socket, policy)) return true;
    return false;
  }

  /** An event did not reach a slow socket; `isConflated`: because a newer one of its key did. */
  noteGone(socket: TabledMember, size: number, isConflated: boolean, policy: SlowPolicyName): void {
    const entry = this.#entries.get(socket) ?? this.#enter(socket, policy);
    if (isConflated) {
      entry.conflatedEvents += 1;
      this.#totals.conflatedEvents += 1;
      return;
    }
    entry.droppedEvents += 1;
    entry.droppedBytes += size;
    this.#totals.droppedEvents += 1;
    this.#totals.droppedBytes += size;
  }

  /** A socket was disconnected because too much waited for it. */
  noteDisconnected(): void {
    this.#totals.disconnected += 1;
  }

  /** Those that are slow now, `limit` of them at most, and the counts. */
  report(limit: number = LIMIT): SlowReport {
    const most = Math.max(0, Math.floor(Number(limit)) || 0);
    const readers = [...this.#entries].map(([socket, entry]) => readerOf(socket, entry));
    readers.sort((one, other) => other.bytes - one.bytes);
    return { count: readers.length, readers: readers.slice(0, most), totals: { ...this.#totals } };
  }

  #enter(socket: TabledMember, policy: SlowPolicyName): Entry {
    const known = this.#entries.get(socket);
    const entry = {
      droppedEvents: 0,
      droppedBytes: 0,
      conflatedEvents: 0,
      ...known,
      policy,
      since: known?.since ?? this.#clock.now(),
    };
    this.#entries.set(socket, entry);
    if (!known) this.#totals.sockets += 1;
    if (policy === 'catch-up') this.#totals.late += 1;
    else if (policy === 'hold') this.#totals.held += 1;
    return entry;
  }
}

function readerOf(socket: TabledMember, entry: Entry): SlowReader {
  return {
    id: socket.id,
    namespace: socket.namespace.name,
    transport: socket.client.conn.transport.name,
    bytes: socket.waitingBytes,
    ...entry,
  };
}
