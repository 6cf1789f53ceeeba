/**
 * Sends broadcasts to members that do not keep up. Depending on the policy, they get them late from the log, or lose
 * some.
 */

import type { Offset } from '../../backplane/backplane.js';
import { UnavailableError } from '../../base/errors.js';
import { readOptions } from '../../base/options/table.js';
import { tellDropped } from '../../session/session-taps.js';
import type { EncodedPacket } from '../../transport/encoded-packet.js';
import { ORDER_WAIT_MS } from '../log/fences.js';
import type { NamespaceLog } from '../log/namespace-log.js';
import { type Pause, SocketReader, tellGap } from '../log/reader/socket-reader.js';
import type { PastRooms } from '../rooms.js';
import { type DrainedOptions, drainedTable } from '../slow-policies/drain-waits.js';
import type { Lag } from '../slow-policies/lag.js';
import { type ActivePolicy, hasGroups } from '../slow-policies/policy.js';
import { Backlog } from '../slow-readers/backlog.js';
import { SocketBacklog } from '../slow-readers/backlog-reader.js';
import type { Pass } from '../slow-readers/newest-groups.js';
import type { SlowReaders } from '../slow-readers/slow-readers.js';
import type { DisconnectReason } from '../socket/disconnect-reason.js';
import type { Member } from '../socket/socket.js';

/** The part of a namespace that reception uses. */
export interface ReceptionContext {
  readonly log: NamespaceLog | undefined;
  readonly slowReaders: SlowReaders;
  /** Returns the bytes that may wait for a client before it reads from the log. */
  lateBytesMax(): number;
  /** Carries out postponed broadcasts. */
  settle(): void;
}

/**
 * The reception of one namespace. Guarantee: packets leave in the order in which they were sent. Invariant: while a
 * member has a lag, all its events go through the lag. A member that keeps up has none.
 */
export class Reception {
  readonly #context: ReceptionContext;
  readonly #pass: Pass<Member>;

  constructor(context: ReceptionContext) {
    this.#context = context;
    this.#pass = (member, packets, isVolatile, policy) => this.send(member, packets, isVolatile, policy, true);
  }

  /**
   * Sends encoded packets over the member's session, or adds them to its lag. `isDecided` says that the policy
   * `newest-group` lets them through.
   */
  send(
    member: Member,
    packets: readonly EncodedPacket[],
    isVolatile: boolean,
    policy?: ActivePolicy,
    isDecided = false,
  ): void {
    const { lag } = member;
    if (policy !== undefined && !isDecided && hasGroups(policy) && member.client.conn.transport.carries.reliable) {
      this.#context.slowReaders.groups.send(member, packets, isVolatile, policy, this.#pass);
    } else if (lag && isVolatile) {
      tellDropped(member.client.conn);
    } else if (lag) {
      lag.add(packets, policy);
      this.#weigh(member, lag, policy, false);
    } else if (policy !== undefined && !isVolatile && isOver(member, policy)) {
      this.#sendLate(member, packets, policy, undefined);
    } else {
      member.client.sink.sendPackets(packets, isVolatile);
    }
  }

  /**
   * Sends events that are in the log after `previous` to a member that does not keep up, unless it reads the log
   * itself.
   */
  sendLogged(member: Member, packets: readonly EncodedPacket[], previous: Offset, policy?: ActivePolicy): void {
    const { lag } = member;
    if (lag) {
      if (!(lag instanceof SocketReader)) lag.add(packets, policy);
      this.#weigh(member, lag, policy, true);
    } else if (policy !== undefined) {
      this.#sendLate(member, packets, policy, previous);
    }
  }

  /** Whether more bytes wait for the client than its budget, or it reads late from the log. */
  isOverBudget(member: Member): boolean {
    const { slowReaders } = this.#context;
    this.#context.settle();
    return member.connected && slowReaders.isOver(member, slowReaders.budgetOf([member.id]));
  }

  /**
   * Resolves with `true` once the client is within its budget. Resolves with `false` when it has gone, or at the
   * timeout.
   */
  async drained(member: Member, options?: DrainedOptions): Promise<boolean> {
    const asked = options && readOptions(drainedTable, options);
    const { slowReaders } = this.#context;
    this.#context.settle();
    return (await slowReaders.drained(member, slowReaders.budgetOf([member.id]), asked)) === 'drained';
  }

  /** Milliseconds by which a client is behind with marked events. */
  lagOf(member: Member): number {
    return this.#context.slowReaders.groups.lagOf(member);
  }

  /** A client has received or shown everything that was emitted until `at`. */
  onSeen(member: Member, at: number): void {
    this.#context.slowReaders.groups.onSeen(member, at);
  }

  /** Whether packets for this member only are subject to a policy. Datagrams are not, because they never wait. */
  isBudgeted(member: Member): boolean {
    return (
      member.lag !== undefined ||
      (this.#context.slowReaders.policies.isActive && member.client.conn.transport.carries.reliable)
    );
  }

  /** Returns `false` if the policy is `hold` and the member is over its budget, so the application should wait. */
  acceptsMore(member: Member): boolean {
    const { slowReaders } = this.#context;
    const isHold = slowReaders.policies.isActive && slowReaders.policies.of([member.id])?.name === 'hold';
    if (!isHold || !this.isOverBudget(member)) return true;
    slowReaders.hold(member);
    return false;
  }

  /** Whether `onSpace` has to be called when the member's connection takes more. */
  awaitsSpace(member: Member): boolean {
    return member.lag !== undefined || this.#context.slowReaders.awaits(member);
  }

  /** Called when the connection of a member has taken the earlier data. */
  onSpace(member: Member): void {
    member.lag?.pump();
    this.#context.slowReaders.onSpace(member);
  }

  /**
   * Makes a member read the log after `after`, unless it reads the log already. A member that is about to go does not
   * read any more, and is told of a gap.
   */
  readFrom(member: Member, after: Offset): void {
    if (member.lag instanceof SocketReader) return;
    if (!member.connected) {
      tellGap(member, after, undefined);
      return;
    }
    this.holdFrom(member, after);
    this.readOn(member);
  }

  /**
   * Sends a member nothing until `readOn`. Returns the offset after which it will read: `after`, or its own place if it
   * is late.
   */
  holdFrom(member: Member, after: Offset, isNamed = false): Offset {
    const { lag } = member;
    const { log } = this.#context;
    if (lag instanceof SocketReader) return lag.offset;
    if (!log || !member.connected) return after;
    const from = lag instanceof Backlog ? (lag.offset ?? after) : after;
    const reader = new SocketReader(log, member, this.#context.lateBytesMax, this.#onCaughtUp(member), from);
    reader.isNamed = isNamed;
    if (lag instanceof Backlog) for (const left of lag.dissolve()) reader.addBehind(left);
    member.lag = reader;
    member.client.conn.isAwaitingSpace = true;
    return from;
  }

  /**
   * Events were erased. A member whose waiting events are kept in memory reads them from the log instead, where some
   * are missing.
   */
  forgetErased(member: Member): void {
    const { lag } = member;
    if (!(lag instanceof Backlog)) return;
    this.#context.slowReaders.table.begin(member, 'catch-up');
    this.readFrom(member, lag.offset ?? '');
  }

  /**
   * Sends a member what it is to get before this place in the log, and then calls `done`. A member that reads the log
   * has a second for that. After it, the member is told of a gap.
   */
  readOut(member: Member, done: () => void): void {
    const { lag } = member;
    const { log } = this.#context;
    if (!log || !(lag instanceof SocketReader)) {
      lag?.release?.();
      done();
      return;
    }
    const onTimer = (): void => {
      tellGap(member, lag.offset, undefined);
      done();
    };
    const timer = log.clock.setTimeout(onTimer, ORDER_WAIT_MS, undefined);
    const cancel = (): void => {
      log.clock.clearTimeout(timer);
      done();
    };
    const begin = (): Promise<never> => {
      cancel();
      return new Promise(() => undefined);
    };
    lag.addBehind({ after: log.offset, pause: { begin, cancel } });
  }

  /** Begins to read for a member that `holdFrom` holds. */
  readOn(member: Member, past?: PastRooms): void {
    if (member.lag instanceof SocketReader) member.lag.start(past);
  }

  /**
   * Has a member pause at this place in the log: when it was sent everything before, and before it is sent anything
   * after.
   */
  pauseFor(member: Member, pause: Pause): void {
    const { log } = this.#context;
    const isLate = member.lag instanceof SocketReader;
    if (log && !isLate) this.holdFrom(member, log.offset);
    if (log && member.lag instanceof SocketReader) member.lag.addBehind({ after: log.offset, pause });
    else pause.cancel();
    if (!isLate) this.readOn(member);
  }

  /** Ends the lag of a member whose membership has ended. */
  end(member: Member, reason: DisconnectReason, description: unknown): void {
    const { lag } = member;
    if (lag && reason !== 'client namespace disconnect' && member.client.conn.readyState === 'open') lag.release?.();
    lag?.cancel();
    member.lag = undefined;
    const isFull = description instanceof UnavailableError && description.code === 'BUFFER_FULL';
    this.#context.slowReaders.onGone(member, isFull);
  }

  /**
   * Applies the policy to events for a member that is over the policy's limit. In the log, these events come after
   * `previous`.
   */
  #sendLate(
    member: Member,
    packets: readonly EncodedPacket[],
    policy: ActivePolicy,
    previous: Offset | undefined,
  ): void {
    const { slowReaders, log } = this.#context;
    if (policy.isDropping) {
      const reader = new SocketBacklog(member, this.#context, this.#onCaughtUp(member));
      const backlog = new Backlog(reader, previous ?? log?.offset);
      member.lag = backlog;
      member.client.conn.isAwaitingSpace = true;
      backlog.add(packets, policy);
    } else if (policy.name === 'catch-up' && previous !== undefined) {
      slowReaders.table.begin(member, 'catch-up');
      this.readFrom(member, previous);
    } else {
      member.client.sink.sendPackets(packets, false);
      if (policy.name === 'disconnect') slowReaders.doom(member, policy.bytesMax);
      else if (policy.name === 'hold') slowReaders.hold(member);
    }
  }

  /** Applies the bounds after more was added to the lag of a member. */
  #weigh(member: Member, lag: Lag, policy: ActivePolicy | undefined, isLogged: boolean): void {
    const { slowReaders } = this.#context;
    const bytes = member.waitingBytes;
    if (bytes > slowReaders.bufferedBytesMax) slowReaders.doom(member, slowReaders.bufferedBytesMax);
    // A reader of the log stays within its bounds, and a client must not be disconnected for having been away.
    if (policy === undefined || lag instanceof SocketReader || bytes <= policy.bytesMax) return;
    if (policy.name === 'disconnect') slowReaders.doom(member, policy.bytesMax);
    else if (policy.name === 'hold') slowReaders.hold(member);
    else if (policy.name === 'catch-up' && isLogged && lag instanceof Backlog) {
      slowReaders.table.begin(member, 'catch-up');
      this.readFrom(member, lag.offset ?? '');
    }
  }

  #onCaughtUp(member: Member): () => void {
    return () => {
      member.lag = undefined;
      this.#context.slowReaders.onCaughtUp(member);
    };
  }
}

/** Whether packets can go to a member's client at once. */
export function keepsUp(member: Member, policy: ActivePolicy | undefined): boolean {
  return member.lag === undefined && (policy === undefined || member.client.conn.hasSpace || !isOver(member, policy));
}

function isOver({ client: { conn } }: Member, { limit, isDropping }: ActivePolicy): boolean {
  const { writable } = conn.transport;
  // A writable connection does not report later that it has sent its data, so it must not count as over the limit.
  return !(writable && conn.waiting === undefined) && ((isDropping && !writable) || conn.bufferedBytes > limit);
}
