/** The clients of a server that currently read slowly, and totals since the server started. */
import type { Clock } from '../../base/clock.js';
import type { SlowPolicyName, SlowReader, SlowReport } from '../../session/slow-report.js';
import { slowBegan, slowDropped, slowEnded } from '../../taps/taps.js';
import type { Member } from '../socket/socket.js';
import { socketFacts } from '../socket/socket-taps.js';

/** The part of a member that the table uses. */
type TabledMember = Pick<Member, 'id' | 'namespace' | 'client' | 'waitingBytes'>;

/** The state of a socket while it is slow. */
interface Entry {
  readonly policy: SlowPolicyName;
  readonly since: number;
  droppedEvents: number;
  droppedBytes: number;
  conflatedEvents: number;
}

const LIMIT = 100;

/**
 * The slow sockets of a server. Invariant: a socket has an entry exactly while it is slow. Reports cost nothing for
 * other sockets.
 */
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

  /** Notes that a socket is slow under a policy. Does nothing if that is known. */
  begin(socket: TabledMember, policy: SlowPolicyName): void {
    if (this.#entries.get(socket)?.policy === policy) return;
    this.#enter(socket, policy);
  }

  /** Notes that a socket is no longer slow. */
  end(socket: TabledMember): void {
    const wasSlow = this.#entries.delete(socket);
    if (wasSlow && slowEnded.hasSubscribers) slowEnded.publish(socketFacts(socket));
  }

  /** Returns the policy under which a socket is slow, or `undefined` if it is not slow. */
  policyOf(socket: TabledMember): SlowPolicyName | undefined {
    return this.#entries.get(socket)?.policy;
  }

  /** Whether `isMeant` returns `true` for any slow socket. */
  some(isMeant: (socket: TabledMember, policy: SlowPolicyName) => boolean): boolean {
    for (const [socket, { policy }] of this.#entries) if (isMeant(socket, policy)) return true;
    return false;
  }

  /**
   * Counts an event that will not reach a slow socket. `isConflated` says that a newer event with its key replaced it.
   */
  noteGone(socket: TabledMember, size: number, isConflated: boolean, policy: SlowPolicyName): void {
    const entry = this.#entries.get(socket) ?? this.#enter(socket, policy);
    if (slowDropped.hasSubscribers)
      slowDropped.publish({ ...socketFacts(socket), policy, bytes: size, isReplaced: isConflated });
    if (isConflated) for (const counts of [entry, this.#totals]) counts.conflatedEvents += 1;
    else this.noteSkipped(socket, size);
  }

  /**
   * Counts an event that a socket missed, although the socket may no longer be slow: the event makes no sense without
   * earlier ones.
   */
  noteSkipped(socket: TabledMember, size: number): void {
    for (const counts of [this.#entries.get(socket), this.#totals]) {
      if (!counts) continue;
      counts.droppedEvents += 1;
      counts.droppedBytes += size;
    }
  }

  /** Counts a socket that was disconnected because too much waited for it. */
  noteDisconnected(): void {
    this.#totals.disconnected += 1;
  }

  /** Returns at most `limit` of the slow sockets, and the totals. */
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
    const { id, namespace, waitingBytes: bytes } = socket;
    if (slowBegan.hasSubscribers) slowBegan.publish({ ...socketFacts(socket), policy, bytes });
    namespace.journal?.note(namespace, { type: 'slow', socket: id, policy, bytes });
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
