/** The clients of one namespace that read slowly: by which policy, and who waits until they have read. */

import type { Clock } from '../../base/clock.js';
import { readOptions } from '../../base/options/table.js';
import { PacketType } from '../../protocol/socket-io/packet.js';
import type { EncodedPacket } from '../../transport/encoded-packet.js';
import type { PacketCodec } from '../codec.js';
import { OutgoingEvent } from '../outgoing-event.js';
import type { RoomMember, Rooms } from '../rooms.js';
import type { Member } from '../socket/socket.js';
import type { Target } from '../target.js';
import { type DrainedOptions, drainedTable, type Outcome, Waits } from './drain-waits.js';
import { SlowPolicies, type SlowSettings } from './namespace-policies.js';
import type { SlowPolicy } from './policy.js';
import type { SlowTable } from './slow-table.js';

/** What slow readers need of a member. */
export type SlowMember = RoomMember & Pick<Member, 'namespace' | 'client' | 'waitingBytes' | 'connected'>;

/** What the slow readers of a namespace need. */
export interface SlowContext {
  readonly clock: Clock;
  readonly codec: PacketCodec;
  readonly slowSettings: SlowSettings;
  readonly slowTable: SlowTable;
}

const NO_ROOMS: ReadonlySet<string> = new Set();
/** Milliseconds after which nobody waits any more for several sockets: one that has stalled must not hold up the others for ever. */
const TIMEOUT_MS = 10_000;

/** One for each namespace. What it remembers of a socket, it remembers only while that is slow or waited for. */
export class SlowReaders {
  /** What becomes of events for them. */
  readonly policies: SlowPolicies;
  /** Those of the whole server. */
  readonly table: SlowTable;
  readonly #name: string;
  readonly #context: SlowContext;
  readonly #members: Rooms<SlowMember>;
  readonly #waits: Waits<SlowMember>;
  /** Sockets that are about to be disconnected, with the budget that they went beyond. */
  #doomed: Map<SlowMember, number> | undefined;

  constructor(name: string, context: SlowContext, members: Rooms<SlowMember>, hasLog: boolean) {
    this.#name = name;
    this.#context = context;
    this.#members = members;
    this.table = context.slowTable;
    this.policies = new SlowPolicies(context.slowSettings, hasLog);
    this.#waits = new Waits(context.clock);
  }

  /** Sets the policy of the namespace, or of a room; without one, what holds for the next larger takes its place. */
  set(
    ...args: readonly [policy: SlowPolicy | undefined] | readonly [room: string, policy: SlowPolicy | undefined]
  ): void {
    if (args.length === 2) this.policies.setRoom(...args);
    else if (typeof args[0] === 'string') this.policies.setRoom(args[0], undefined);
    else this.policies.set(args[0]);
  }

  /** Bytes that may wait for a socket whatever the policy. */
  get bufferedBytesMax(): number {
    return this.#context.slowSettings.bufferedBytesMax;
  }

  /** A socket has more waiting than it may, and those who emit wait for it. */
  hold(socket: SlowMember): void {
    this.table.begin(socket, 'hold');
    socket.client.conn.isAwaitingSpace = true;
  }

  /** Whether no socket of a target is known to be over its budget, where whoever emits is asked to wait. */
  accepts(target: Target): boolean {
    if (this.policies.of(target.rooms)?.name !== 'hold') return true;
    const isMeant = ({ namespace, id }: Pick<SlowMember, 'namespace' | 'id'>): boolean =>
      namespace.name === this.#name && this.#members.isIn(target, id);
    return !this.table.some((socket, policy) => policy === 'hold' && isMeant(socket));
  }

  /** Disconnects a socket at the end of the turn, if more than `bytesMax` wait for it then, too. */
  doom(socket: SlowMember, bytesMax: number): void {
    if (this.#doomed) {
      this.#doomed.set(socket, Math.min(bytesMax, this.#doomed.get(socket) ?? bytesMax));
      return;
    }
    this.#doomed = new Map([[socket, bytesMax]]);
    // Not in the midst of a broadcast: listeners hear of it.
    this.#context.clock.defer((slow: SlowReaders) => slow.#judge(), this);
  }

  /** Whether a socket has more waiting than `bytesMax`, or has not come to the end of what it is late for. */
  isOver(socket: SlowMember, bytesMax: number): boolean {
    const policy = this.table.policyOf(socket);
    if (policy !== undefined && policy !== 'hold') return true;
    const { conn } = socket.client;
    // A connection that takes more says nothing when it has sent what it holds.
    return socket.waitingBytes > bytesMax && !(conn.waiting === undefined && conn.transport.writable);
  }

  /** The budget of a socket, or of the sockets in these rooms. */
  budgetOf(rooms: Iterable<string>): number {
    return this.policies.of(rooms)?.bytesMax ?? this.#context.slowSettings.bytesMax;
  }

  /** Waits until a socket is within its budget. */
  drained(socket: SlowMember, bytesMax: number, options: DrainedOptions | undefined): Promise<Outcome> {
    const isOver = (): boolean => this.isOver(socket, bytesMax);
    if (socket.connected) socket.client.conn.isAwaitingSpace = true;
    return this.#waits.wait(socket, isOver, options);
  }

  /** Resolves with `true` once all sockets of a target are within its budget, or gone; with `false` after `timeoutMs`. */
  async allDrained(target: Target, options: DrainedOptions = {}): Promise<boolean> {
    const given = readOptions(drainedTable, options);
    const asked = { ...given, timeoutMs: given.timeoutMs ?? TIMEOUT_MS };
    const bytesMax = this.budgetOf(target.rooms);
    const waits: Promise<Outcome>[] = [];
    this.#members.forEach(target, (member) => {
      if (member.connected && this.isOver(member, bytesMax)) waits.push(this.drained(member, bytesMax, asked));
    });
    return (await Promise.all(waits)).every((outcome) => outcome !== 'timeout');
  }

  /** Whether a socket wants to be told when its connection takes more. */
  awaits(socket: SlowMember): boolean {
    return this.table.policyOf(socket) !== undefined || this.#waits.has(socket);
  }

  /** The connection of a socket took what was there, or it has read all that it missed. */
  onSpace(socket: SlowMember): void {
    if (this.table.policyOf(socket) === 'hold') this.table.end(socket);
    this.#waits.look(socket);
  }

  /** It is not late any more. */
  onCaughtUp(socket: SlowMember): void {
    this.table.end(socket);
    this.#waits.look(socket);
  }

  /** A socket has gone; `isFull`: because too much waited for it. */
  onGone(socket: SlowMember, isFull: boolean): void {
    if (isFull) this.table.noteDisconnected();
    this.table.end(socket);
    this.#waits.end(socket);
    this.#doomed?.delete(socket);
  }

  /** The event by which a client is told that events were dropped. With the offset of the newest of them it goes on behind that. */
  encodeDropped(count: number, offset: string | undefined, isMarked: boolean): readonly EncodedPacket[] {
    const { codec } = this.#context;
    const data: unknown[] = ['naru:dropped', { count }];
    const packet = { type: PacketType.EVENT, nsp: this.#name, data };
    const sent = isMarked && offset !== undefined ? { ...packet, data: [...data, offset] } : packet;
    const packets = codec.encode(sent, true);
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
