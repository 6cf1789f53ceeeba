/** How the members of a namespace receive what is sent to many: at once, late from the log, or not at all. */

import type { Offset } from '../../backplane/backplane.js';
import { UnavailableError } from '../../base/errors.js';
import { readOptions } from '../../base/options/table.js';
import type { EncodedPacket } from '../../transport/encoded-packet.js';
import { CatchUp } from '../log/catch-up.js';
import type { NamespaceLog } from '../log/namespace-log.js';
import { SocketReader } from '../log/socket-reader.js';
import { Backlog } from '../slow-readers/backlog.js';
import { SocketBacklog } from '../slow-readers/backlog-reader.js';
import { type DrainedOptions, drainedTable } from '../slow-readers/drain-waits.js';
import type { Lag } from '../slow-readers/lag.js';
import type { ActivePolicy } from '../slow-readers/policy.js';
import type { SlowReaders } from '../slow-readers/slow-readers.js';
import type { DisconnectReason } from './disconnect-reason.js';
import type { Member } from './socket.js';

/** What reception needs of its namespace. */
export interface ReceptionContext {
  readonly log: NamespaceLog | undefined;
  readonly slowReaders: SlowReaders;
  /** Bytes that may wait for a client before it reads from the log. */
  lateBytesMax(): number;
  /** Carries out postponed broadcasts. */
  settle(): void;
}

/**
 * One for each namespace. Guarantee: packets leave in the order in which they were sent. Invariant: while a member has a lag, all events for
 * it go through the lag; a member that is not slow has none.
 */
export class Reception {
  readonly #context: ReceptionContext;

  constructor(context: ReceptionContext) {
    this.#context = context;
  }

  /** Sends encoded packets over the member's session, or puts them where they wait. */
  send(member: Member, packets: readonly EncodedPacket[], isVolatile: boolean, policy?: ActivePolicy): void {
    const { lag } = member;
    if (lag) {
      if (isVolatile) return;
      lag.add(packets, policy);
      this.#weigh(member, lag, policy, false);
    } else if (policy !== undefined && !isVolatile && isOver(member, policy)) {
      this.#sendLate(member, packets, policy, undefined);
    } else {
      member.client.deliver(packets, isVolatile);
    }
  }

  /** Sends events of the log, which stand there after `previous`, unless the member reads them there. */
  sendLogged(member: Member, packets: readonly EncodedPacket[], previous: Offset, policy?: ActivePolicy): void {
    const { lag } = member;
    if (lag) {
      lag.addLogged(packets, policy);
      this.#weigh(member, lag, policy, true);
    } else if (policy !== undefined && isOver(member, policy)) {
      this.#sendLate(member, packets, policy, previous);
    } else {
      member.client.deliver(packets, false);
    }
  }

  /** Whether more waits for the client than its budget, or it reads late from the log. */
  isOverBudget(member: Member): boolean {
    const { slowReaders } = this.#context;
    this.#context.settle();
    return member.connected && slowReaders.isOver(member, slowReaders.budgetOf([member.id]));
  }

  /** Resolves with `true` once the client is within its budget; with `false` when it has gone, or after the time is over. */
  async drained(member: Member, options?: DrainedOptions): Promise<boolean> {
    const asked = options && readOptions(drainedTable, options);
    const { slowReaders } = this.#context;
    this.#context.settle();
    return (await slowReaders.drained(member, slowReaders.budgetOf([member.id]), asked)) === 'drained';
  }

  /** Whether packets for the member alone are subject to a policy. Datagrams are not: nothing waits for them. */
  isBudgeted(member: Member): boolean {
    return (
      member.lag !== undefined ||
      (this.#context.slowReaders.policies.isActive && member.client.conn.transport.carries.reliable)
    );
  }

  /** Whether there is room for more, where the policy asks the application to wait. */
  acceptsMore(member: Member): boolean {
    const { slowReaders } = this.#context;
    if (
      !slowReaders.policies.isActive ||
      slowReaders.policies.of([member.id])?.name !== 'hold' ||
      !this.isOverBudget(member)
    )
      return true;
    slowReaders.hold(member);
    return false;
  }

  /** Whether the member wants to be told when its connection takes more. */
  awaitsSpace(member: Member): boolean {
    return member.lag !== undefined || this.#context.slowReaders.awaits(member);
  }

  /** The connection of a member took what was sent. */
  onSpace(member: Member): void {
    member.lag?.pump();
    this.#context.slowReaders.onSpace(member);
  }

  /** Has a member that receives at once read the log from behind `after`. */
  readFrom(member: Member, after: Offset): void {
    if (member.lag instanceof CatchUp) return;
    this.holdFrom(member, after);
    this.readOn(member);
  }

  /** Sends a member nothing until `readOn`. Then it reads from behind `after`, or from behind the offset that this gives where it is late. */
  holdFrom(member: Member, after: Offset): Offset {
    const { lag } = member;
    const { log } = this.#context;
    if (lag instanceof CatchUp) return lag.offset;
    if (!log || !member.connected) return after;
    const reader = new SocketReader(member, this.#context.lateBytesMax, this.#onCaughtUp(member));
    const catchUp = new CatchUp(log, reader, lag instanceof Backlog ? (lag.offset ?? after) : after);
    if (lag instanceof Backlog) for (const { behind, packets } of lag.dissolve()) catchUp.addBehind(behind, packets);
    member.lag = catchUp;
    member.client.conn.isAwaitingSpace = true;
    return catchUp.offset;
  }

  /** Begins to read for a member that `holdFrom` holds. */
  readOn(member: Member): void {
    if (member.lag instanceof CatchUp) member.lag.start();
  }

  /** The membership ended. */
  end(member: Member, reason: DisconnectReason, description: unknown): void {
    const { lag } = member;
    if (lag && reason !== 'client namespace disconnect' && member.client.conn.readyState === 'open') lag.release();
    lag?.cancel();
    member.lag = undefined;
    const isFull = description instanceof UnavailableError && description.code === 'BUFFER_FULL';
    this.#context.slowReaders.onGone(member, isFull);
  }

  /** More waits than may: the policy decides over events, of which the log has those after `previous`. */
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
      member.client.deliver(packets, false);
      if (policy.name === 'disconnect') slowReaders.doom(member, policy.bytesMax);
      else if (policy.name === 'hold') slowReaders.hold(member);
    }
  }

  /** More has come to the lag of a member. */
  #weigh(member: Member, lag: Lag, policy: ActivePolicy | undefined, isLogged: boolean): void {
    const { slowReaders } = this.#context;
    const bytes = member.waitingBytes;
    if (bytes > slowReaders.bufferedBytesMax) slowReaders.doom(member, slowReaders.bufferedBytesMax);
    // A reader of the log has no more than it may: no client is disconnected for having been away.
    if (policy === undefined || lag instanceof CatchUp || bytes <= policy.bytesMax) return;
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

function isOver({ client: { conn } }: Member, { limit, isDropping }: ActivePolicy): boolean {
  if (isDropping && !conn.transport.writable) return true;
  // A connection that takes more says nothing when it has sent what it holds.
  return conn.bufferedBytes > limit && !(conn.waiting === undefined && conn.transport.writable);
}
