/**
 * The policy `newest-group`: a client that falls behind misses whole groups of marked events, and never what is marked
 * `always`.
 */
import type { Clock } from '../../base/clock.js';
import { slowDropped } from '../../taps/taps.js';
import type { EncodedPacket } from '../../transport/encoded-packet.js';
import { cutEvents, type GroupNote, type Piece } from '../event/event-notes.js';
import { eventOf } from '../event/outgoing-event.js';
import type { Room } from '../event/target.js';
import { type SocketFact, shortName } from '../explain/journal.js';
import type { RoomMember } from '../rooms.js';
import type { ActivePolicy } from '../slow-policies/policy.js';
import type { Member } from '../socket/socket.js';
import { socketFacts } from '../socket/socket-taps.js';
import { Backlog } from './backlog.js';
import { ReadingLag } from './reading-lag.js';
import type { SlowTable } from './slow-table.js';

/** The part of a member that groups use. */
export type GroupMember = RoomMember & Pick<Member, 'client' | 'namespace' | 'lag' | 'waitingBytes'>;

/** The part of the slow readers of a namespace that groups use. */
export interface GroupsContext {
  readonly table: SlowTable;
  /** Encodes the event that tells a client how many events were dropped. */
  encodeDropped(count: number, offset: undefined, isMarked: boolean): readonly EncodedPacket[];
  /** Called when a client is no longer behind. */
  onCaughtUp(member: GroupMember): void;
}

/** Sends an event to a member, or adds it to what waits for the member. */
export type Pass<M> = (member: M, packets: readonly EncodedPacket[], isVolatile: boolean, policy: ActivePolicy) => void;

/** The most streams of one client. One more replaces the oldest one, which goes on with its next key. */
const STREAMS_MAX = 64;
/** The parts of the budgets up to which a client has caught up. */
const LAG_PART = 1 / 2;
const BYTES_PART = 1 / 4;

/** The name of an event in the text of its packet. The packets of some events say nothing else of it. */
const NAME = /^[^[]*\["([^"\\]*)"/;

/** The groups of one room, as one client gets them. */
interface Stream {
  readonly policy: ActivePolicy;
  /** `fresh` before the first key, `open` while the client gets the group, and `cut` after it missed an event of it. */
  state: 'fresh' | 'open' | 'cut';
  /** The newest of the events that the client has missed in a row. */
  missed: Extract<SocketFact, { readonly type: 'dropped' }> | undefined;
}

/** A client that gets events by groups. */
class GroupReader {
  readonly lag = new ReadingLag();
  readonly streams = new Map<Room | undefined, Stream>();
  /** The policy of the newest event. */
  policy: ActivePolicy;
  isBehind = false;
  /** Whether the client has just begun a group, which tells most about its line. */
  isBeginning = false;
  /** The count of dropped events that the client was not told of. */
  untold = 0;

  constructor(policy: ActivePolicy) {
    this.policy = policy;
  }

  streamOf(name: Room | undefined, policy: ActivePolicy): Stream {
    const known = this.streams.get(name);
    if (known?.policy === policy) return known;
    if (!known && this.streams.size >= STREAMS_MAX)
      for (const oldest of this.streams.keys()) {
        this.streams.delete(oldest);
        break;
      }
    const stream: Stream = { policy, state: known ? 'cut' : 'fresh', missed: known?.missed };
    this.streams.set(name, stream);
    return stream;
  }
}

/**
 * The clients of one namespace that get events by groups. A client gets a group from its key on, in order and without a
 * gap, and possibly without its end. Events marked `always` are never dropped, and keep their place among the others. A
 * client learns how many events it missed, before the next event that it gets. The class keeps state for a client from
 * its first marked event on.
 */
export class NewestGroups {
  readonly #clock: Clock;
  readonly #context: GroupsContext;
  readonly #readers = new Map<RoomMember, GroupReader>();
  /** The newest list of packets, and its events. All recipients get the same lists, so their sessions share batches. */
  #packets: readonly EncodedPacket[] | undefined;
  #pieces: readonly Piece[] = [];

  constructor(clock: Clock, context: GroupsContext) {
    this.#clock = clock;
    this.#context = context;
  }

  /** The number of clients with state. */
  get count(): number {
    return this.#readers.size;
  }

  /** Sends events under a policy with groups, or drops some of them. */
  send<M extends GroupMember>(
    member: M,
    packets: readonly EncodedPacket[],
    isVolatile: boolean,
    policy: ActivePolicy,
    pass: Pass<M>,
  ): void {
    if (this.#packets !== packets) {
      this.#packets = packets;
      this.#pieces = cutEvents(packets);
    }
    for (const piece of this.#pieces) {
      const group = piece.note?.group;
      let reader = this.#readers.get(member);
      if (!reader && group) {
        reader = new GroupReader(policy);
        this.#readers.set(member, reader);
      }
      if (group && reader && group.mark !== 'always' && !this.#admits(member, reader, group, policy)) {
        this.#drop(member, reader, group, piece);
        continue;
      }
      if (reader && reader.untold > 0) this.#tell(member, reader, policy, pass);
      // Only the policy decides about marked events. Others may still be volatile.
      pass(member, piece.packets, isVolatile && !group, policy);
      if (group && !member.lag) this.onSent(member, piece.packets, group, this.#clock.now());
    }
  }

  /** Called when the packets of a marked event leave for the client, which was emitted at this time. */
  onSent(member: GroupMember, packets: readonly EncodedPacket[], { mark }: GroupNote, emittedAt: number): void {
    const reader = this.#readers.get(member);
    if (!reader) return;
    const now = this.#clock.now();
    let bytes = 0;
    for (const { size } of packets) bytes += size;
    reader.lag.onSent(bytes, now, mark === 'always' ? undefined : emittedAt);
    const { isBeginning } = reader;
    reader.isBeginning = false;
    this.#probe(member, reader, isBeginning);
  }

  /** Called when events were dropped and nothing waits that the client could be told before. */
  onUntold(member: GroupMember, count: number): void {
    const reader = this.#readers.get(member);
    if (reader) reader.untold += count;
  }

  /**
   * Notes that a client has received or shown everything that was emitted until `at`. Ignores anything but a finite
   * number.
   */
  onSeen(member: GroupMember, at: number): void {
    const reader = this.#readers.get(member);
    if (!reader || !Number.isFinite(at)) return;
    reader.lag.onSeen(at, this.#clock.now());
    this.#look(member, reader);
  }

  /** Milliseconds by which a client is behind, 0 for a client without marked events. */
  lagOf(member: GroupMember): number {
    const reader = this.#readers.get(member);
    return reader ? Math.round(this.#lagOf(member, reader)) : 0;
  }

  /** A client has entered or left a room. It goes on there with the next key. */
  forget(member: RoomMember, stream: Room | undefined): void {
    this.#readers.get(member)?.streams.delete(stream);
  }

  /** Called when a client has gone. */
  end(member: RoomMember): void {
    this.#readers.delete(member);
  }

  /** Whether a client gets the event of a group. */
  #admits(member: GroupMember, reader: GroupReader, { mark, stream: name }: GroupNote, policy: ActivePolicy): boolean {
    reader.policy = policy;
    const stream = reader.streamOf(name, policy);
    if (this.#isBeyond(member, reader, 1, 1)) {
      this.#cut(member, reader);
      if (mark === 'key') stream.state = 'cut';
      return false;
    }
    this.#look(member, reader);
    if (mark === 'delta' || stream.state === 'open') return stream.state === 'open';
    if (stream.state === 'cut' && this.#isBeyond(member, reader, LAG_PART, BYTES_PART)) return false;
    stream.state = 'open';
    if (stream.missed) member.namespace.journal?.note(member.namespace, stream.missed);
    stream.missed = undefined;
    reader.isBeginning = true;
    return true;
  }

  /** Whether a client is behind by more than these parts of its budgets. */
  #isBeyond(member: GroupMember, reader: GroupReader, lagPart: number, bytesPart: number): boolean {
    const { behindMaxMs, bytesMax } = reader.policy;
    return member.waitingBytes > bytesPart * bytesMax || this.#lagOf(member, reader) > lagPart * behindMaxMs;
  }

  #lagOf({ lag }: GroupMember, reader: GroupReader): number {
    const since = lag instanceof Backlog ? lag.waitingSince : undefined;
    return reader.lag.lagMs(this.#clock.now(), lag?.bytes ?? 0, since);
  }

  /** A client has fallen behind: it misses what waits of its groups, and the rest of them. */
  #cut(member: GroupMember, reader: GroupReader): void {
    const { policy, isBehind } = reader;
    if (member.lag instanceof Backlog) member.lag.cut(policy);
    for (const stream of reader.streams.values())
      if (stream.policy === policy && stream.state === 'open') stream.state = 'cut';
    if (this.#context.table.policyOf(member) === undefined) this.#context.table.begin(member, policy.name);
    if (isBehind) return;
    reader.isBehind = true;
    this.#probe(member, reader, true);
  }

  #drop(member: GroupMember, reader: GroupReader, { stream: room }: GroupNote, { packets }: Piece): void {
    const { id: socket, namespace } = member;
    const stream = reader.streamOf(room, reader.policy);
    // A client that came in the middle of a group has missed nothing.
    if (stream.state === 'fresh') return;
    reader.untold += 1;
    let size = 0;
    for (const packet of packets) size += packet.size;
    this.#context.table.noteSkipped(member, size);
    const unit = packets[0]?.unit;
    const name = eventOf(packets[0])?.name ?? (typeof unit === 'string' ? NAME.exec(unit)?.[1] : undefined);
    const [policy, event] = [reader.policy.name, name && shortName(name)];
    const fact = { type: 'dropped', socket, policy, event, room, cameAt: this.#clock.now() } as const;
    // A stream has too many events to tell of each.
    if (!stream.missed) namespace.journal?.note(namespace, { ...fact, isFirst: true });
    if (!stream.missed && slowDropped.hasSubscribers)
      slowDropped.publish({ ...socketFacts(member), policy, bytes: size, isReplaced: false });
    stream.missed = { ...fact, isFirst: false, count: (stream.missed?.count ?? -1) + 1 };
  }

  #tell<M extends GroupMember>(member: M, reader: GroupReader, policy: ActivePolicy, pass: Pass<M>): void {
    const { untold } = reader;
    reader.untold = 0;
    pass(member, this.#context.encodeDropped(untold, undefined, false), false, policy);
  }

  #probe(member: GroupMember, reader: GroupReader, isUrgent: boolean): void {
    const now = this.#clock.now();
    if (!reader.lag.isProbeDue(now, isUrgent) || !member.client.conn.probe(() => this.#onPong(member, reader))) return;
    reader.lag.onProbe(now);
  }

  #onPong(member: GroupMember, reader: GroupReader): void {
    if (this.#readers.get(member) !== reader) return;
    reader.lag.onAnswer(this.#clock.now());
    this.#probe(member, reader, reader.isBehind);
    this.#look(member, reader);
  }

  /** Notes when a client is no longer behind. */
  #look(member: GroupMember, reader: GroupReader): void {
    if (!reader.isBehind || this.#isBeyond(member, reader, 1, 1)) return;
    reader.isBehind = false;
    if (!member.lag) this.#context.onCaughtUp(member);
  }
}
