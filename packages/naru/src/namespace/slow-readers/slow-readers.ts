/** The clients of one namespace that read slowly, their policies, and the callers that wait for them. */

import type { Clock } from '../../base/clock.js';
import { readOptions } from '../../base/options/table.js';
import { PacketType } from '../../protocol/socket-io/packet.js';
import type { EncodedPacket } from '../../transport/encoded-packet.js';
import type { PacketCodec } from '../event/codec.js';
import { OutgoingEvent } from '../event/outgoing-event.js';
import type { Target } from '../event/target.js';
import { NO_ROOMS, type RoomMember, type Rooms } from '../rooms.js';
import { type DrainedOptions, drainedTable, type Outcome, Waits } from '../slow-policies/drain-waits.js';
import type { SlowPolicies, SlowSettings } from '../slow-policies/namespace-policies.js';
import type { Member } from '../socket/socket.js';
import { GroupMemory } from './group-memory.js';
import { NewestGroups } from './newest-groups.js';
import type { SlowTable } from './slow-table.js';

/** The part of a member that slow readers use. */
export type SlowMember = RoomMember & Pick<Member, 'namespace' | 'client' | 'waitingBytes' | 'connected' | 'lag'>;

/** The part of a namespace's context that slow readers use. */
export interface SlowContext {
  readonly clock: Clock;
  readonly codec: PacketCodec;
  readonly slowSettings: SlowSettings;
  readonly slowTable: SlowTable;
}

/** Milliseconds after which a wait for several sockets ends. A stalled socket must not hold up the others forever. */
const TIMEOUT_MS = 10_000;

/**
 * The slow readers of one namespace. It keeps state for a socket only while the socket is slow or a caller waits for
 * it.
 */
export class SlowReaders {
  /** The policies of the namespace. */
  readonly policies: SlowPolicies;
  /** The clients that get events by groups. */
  readonly groups: NewestGroups;
  /** The newest groups of the rooms. */
  readonly memory: GroupMemory;
  /** The slow readers of the whole server. */
  readonly table: SlowTable;
  readonly #name: string;
  readonly #context: SlowContext;
  readonly #members: Rooms<SlowMember>;
  readonly #waits: Waits<SlowMember>;
  /** Sockets that may be disconnected at the end of the turn, with the budget that they exceeded. */
  #doomed: Map<SlowMember, number> | undefined;
  #isSettling = false;

  constructor(name: string, context: SlowContext, members: Rooms<SlowMember>, policies: SlowPolicies) {
    this.#name = name;
    this.#context = context;
    this.#members = members;
    this.table = context.slowTable;
    this.policies = policies;
    this.#waits = new Waits(context.clock);
    this.groups = new NewestGroups(context.clock, this);
    const { roomsMax } = context.slowSettings;
    this.memory = new GroupMemory(context.clock, roomsMax, (room) => members.membersOf(room) === undefined);
  }

  /** Forgets the groups in memory whose policy has changed, of a room or of all. */
  onPolicy(room: string | undefined): void {
    this.memory.sweep((rooms) => this.policies.of(rooms), room);
  }

  /** Bytes that may wait for a socket under any policy. */
  get bufferedBytesMax(): number {
    return this.#context.slowSettings.bufferedBytesMax;
  }

  /** Notes that a socket is over its budget and that senders should wait for it. */
  hold(socket: SlowMember): void {
    this.table.begin(socket, 'hold');
    socket.client.conn.isAwaitingSpace = true;
  }

  /** Returns `false` if the policy is `hold` and a socket of the target is over its budget after `settle`. */
  accepts(target: Target, settle: () => void): boolean {
    if (this.policies.of(target.rooms)?.name !== 'hold') return true;
    const isMeant = ({ namespace, id }: Pick<SlowMember, 'namespace' | 'id'>): boolean =>
      namespace.name === this.#name && this.#members.isIn(target, id);
    const isFree = (): boolean => !this.table.some((socket, policy) => policy === 'hold' && isMeant(socket));
    // A listener may emit when the log fails.
    if (this.#isSettling || !isFree()) return isFree();
    this.#isSettling = true;
    settle();
    this.#isSettling = false;
    return isFree();
  }

  /** Disconnects a socket at the end of the turn, if more than `bytesMax` bytes still wait for it then. */
  doom(socket: SlowMember, bytesMax: number): void {
    if (this.#doomed) {
      this.#doomed.set(socket, Math.min(bytesMax, this.#doomed.get(socket) ?? bytesMax));
      return;
    }
    this.#doomed = new Map([[socket, bytesMax]]);
    // Disconnecting calls listeners, so it must not happen in the middle of a broadcast.
    this.#context.clock.defer((slow: SlowReaders) => slow.#judge(), this);
  }

  /** Whether more than `bytesMax` bytes wait for a socket, or the socket is late and has not caught up. */
  isOver(socket: SlowMember, bytesMax: number): boolean {
    const policy = this.table.policyOf(socket);
    if (policy !== undefined && policy !== 'hold') return true;
    const { conn } = socket.client;
    // A writable connection does not report later that it has sent its data, so it must not count as over the budget.
    return socket.waitingBytes > bytesMax && !(conn.waiting === undefined && conn.transport.writable);
  }

  /** Returns the budget for sockets in these rooms, in bytes. */
  budgetOf(rooms: Iterable<string>): number {
    return this.policies.of(rooms)?.bytesMax ?? this.#context.slowSettings.bytesMax;
  }

  /** Waits until a socket is within a budget of `bytesMax` bytes. */
  drained(socket: SlowMember, bytesMax: number, options: DrainedOptions | undefined): Promise<Outcome> {
    const isOver = (): boolean => this.isOver(socket, bytesMax);
    if (socket.connected) socket.client.conn.isAwaitingSpace = true;
    return this.#waits.wait(socket, isOver, options);
  }

  /**
   * Resolves with `true` once all sockets of a target are within its budget, or gone. Resolves with `false` after
   * `timeoutMs`.
   */
  async allDrained(target: Target, options: DrainedOptions = {}): Promise<boolean> {
    const given = readOptions(drainedTable, options);
    const asked = { ...given, timeoutMs: given.timeoutMs ?? TIMEOUT_MS };
    const bytesMax = this.budgetOf(target.rooms);
    const waits: Promise<Outcome>[] = [];
    for (const member of this.#members.recipientsOf(target))
      if (member.connected && this.isOver(member, bytesMax)) waits.push(this.drained(member, bytesMax, asked));
    return (await Promise.all(waits)).every((outcome) => outcome !== 'timeout');
  }

  /** Whether a socket has to be told when its connection takes more. */
  awaits(socket: SlowMember): boolean {
    return this.table.policyOf(socket) !== undefined || this.#waits.has(socket);
  }

  /** Called when the connection of a socket has taken the earlier data. */
  onSpace(socket: SlowMember): void {
    if (this.table.policyOf(socket) === 'hold') this.table.end(socket);
    this.#waits.look(socket);
  }

  /** Called when a late socket has caught up. */
  onCaughtUp(socket: SlowMember): void {
    this.table.end(socket);
    this.#waits.look(socket);
  }

  /** Called when a socket has gone. `isFull` says that too much waited for it. */
  onGone(socket: SlowMember, isFull: boolean): void {
    if (isFull) this.table.noteDisconnected();
    this.table.end(socket);
    this.groups.end(socket);
    this.#waits.end(socket);
    this.#doomed?.delete(socket);
  }

  /**
   * Encodes the event that tells a client how many events were dropped. Its offset is that of the newest dropped event,
   * so that a recovery continues after it.
   */
  encodeDropped(count: number, offset: string | undefined, isMarked: boolean): readonly EncodedPacket[] {
    const data: unknown[] = ['naru:dropped', { count }];
    const packet = { type: PacketType.EVENT, nsp: this.#name, data };
    const sent = isMarked && offset !== undefined ? { ...packet, data: [...data, offset] } : packet;
    const packets = this.#context.codec.encode(sent, true);
    const [first] = packets;
    if (first) first.source = OutgoingEvent.of(packet, { rooms: NO_ROOMS, offset, isMarked: false });
    return packets;
  }

  #judge(): void {
    const doomed = this.#doomed ?? [];
    this.#doomed = undefined;
    for (const [socket, bytesMax] of doomed)
      if (socket.connected && socket.waitingBytes > bytesMax) socket.client.conn.giveUp(bytesMax);
  }
}
