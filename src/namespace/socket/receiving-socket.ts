/** The receiving half of a socket: how it gets what is sent to many, at once, late, or not at all. */
import type { Offset } from '../../backplane/backplane.js';
import { UnavailableError } from '../../base/errors.js';
import type { SocketPacket } from '../../protocol/socket-io/packet.js';
import type { EncodedPacket } from '../../transport/encoded-packet.js';
import { CatchUp } from '../log/catch-up.js';
import type { NamespaceLog } from '../log/namespace-log.js';
import { SocketReader } from '../log/socket-reader.js';
import { Backlog } from '../slow-readers/backlog.js';
import { type BackloggedSocket, SocketBacklog } from '../slow-readers/backlog-reader.js';
import type { DrainedOptions } from '../slow-readers/drain-waits.js';
import type { Lag } from '../slow-readers/lag.js';
import type { ActivePolicy } from '../slow-readers/policy.js';
import type { SlowReaders } from '../slow-readers/slow-readers.js';
import type { Flags, Room } from '../target.js';
import { SocketEvents } from './socket-events.js';
import type { DisconnectReason } from './socket-scope.js';

/** What it needs of its namespace. */
export interface ReceivingScope {
  readonly name: string;
  readonly log: NamespaceLog | undefined;
  readonly lateBytesMax: number;
  readonly slowReaders: SlowReaders;
  settle(): void;
}

/**
 * Guarantee: packets leave in the order in which they were sent. Invariant: while there is a lag all events go through it; a socket
 * that is not slow has none.
 */
export abstract class ReceivingSocket extends SocketEvents {
  abstract readonly id: string;
  abstract readonly nsp: ReceivingScope;
  abstract readonly client: BackloggedSocket['client'];
  abstract readonly rooms: ReadonlySet<Room>;
  #lag: Lag | undefined = undefined;

  /** Sends one packet, past everything that is late. */
  abstract sendPacket(packet: SocketPacket, flags: Flags): void;

  /** Sends encoded packets over the socket's session, or puts them where they wait. */
  sendEncoded(packets: readonly EncodedPacket[], isVolatile: boolean, policy?: ActivePolicy): void {
    // Middleware can put a socket into rooms that has not entered yet, and may never.
    if (!this.connected) return;
    const lag = this.#lag;
    if (lag) {
      if (isVolatile) return;
      lag.add(packets, policy);
      this.#weigh(lag, policy, false);
    } else if (policy !== undefined && !isVolatile && this.#isOver(policy)) {
      this.#sendLate(packets, policy, undefined);
    } else {
      this.client.deliver(packets, isVolatile);
    }
  }

  /** Sends events of the log, which stand there behind `previous`, unless the socket reads them there. */
  sendLogged(packets: readonly EncodedPacket[], previous: Offset, policy?: ActivePolicy): void {
    if (!this.connected) return;
    const lag = this.#lag;
    if (lag) {
      lag.addLogged(packets, policy);
      this.#weigh(lag, policy, true);
    } else if (policy !== undefined && this.#isOver(policy)) {
      this.#sendLate(packets, policy, previous);
    } else {
      this.client.deliver(packets, false);
    }
  }

  /** Whether something stands between what is sent to it and its outbox. */
  get isLate(): boolean {
    return this.#lag !== undefined;
  }

  /** Bytes that wait for it. Not for applications. */
  get waitingBytes(): number {
    return this.client.conn.bufferedBytes + (this.#lag?.bytes ?? 0);
  }

  /** Whether more waits for the client than its budget, `bytesMax` of the policy of the namespace, or it reads late from the log. */
  get isOverBudget(): boolean {
    this.nsp.settle();
    const { slowReaders } = this.nsp;
    return this.connected && slowReaders.isOver(this, slowReaders.budgetOf([this.id]));
  }

  /**
   * Resolves with `true` once the client is within its budget, at once where it is already; with `false` when it has gone, or after
   * `timeoutMs`. Rejects with the reason of the `signal`.
   */
  async drained(options?: DrainedOptions): Promise<boolean> {
    this.nsp.settle();
    const { slowReaders } = this.nsp;
    return (await slowReaders.drained(this, slowReaders.budgetOf([this.id]), options)) === 'drained';
  }

  /** Whether what is sent to it alone is subject to a policy. Datagrams are not: nothing waits for them. */
  protected get isBudgeted(): boolean {
    const { slowReaders } = this.nsp;
    return this.#lag !== undefined || (slowReaders.isActive && this.client.conn.transport.carries.reliable);
  }

  /** Whether there is room for more, where whoever emits is asked to wait. */
  protected get acceptsMore(): boolean {
    const { slowReaders } = this.nsp;
    if (!slowReaders.isActive || slowReaders.policies.of([this.id])?.name !== 'hold' || !this.isOverBudget) return true;
    slowReaders.hold(this);
    return false;
  }

  /** Whether it wants to be told when its connection takes more. Not for applications. */
  get awaitsSpace(): boolean {
    return this.#lag !== undefined || this.nsp.slowReaders.awaits(this);
  }

  /** Its connection took what was sent. Called by the connection. */
  onSpace(): void {
    this.#lag?.pump();
    this.nsp.slowReaders.onSpace(this);
  }

  /** Gets what it gets from the log, from behind `after`, until it has come to the end. Not for applications. */
  readFrom(after: Offset): void {
    if (this.#lag instanceof CatchUp) return;
    this.holdFrom(after);
    this.readOn();
  }

  /** Gets nothing until `readOn`; then it reads from behind `after`, or where it is late, from behind what is answered. */
  holdFrom(after: Offset): Offset {
    const lag = this.#lag;
    const { log } = this.nsp;
    if (lag instanceof CatchUp) return lag.offset;
    if (!log || !this.connected) return after;
    const catchUp = new CatchUp(log, this.#reader, lag instanceof Backlog ? (lag.offset ?? after) : after);
    if (lag instanceof Backlog) for (const { behind, packets } of lag.dissolve()) catchUp.addBehind(behind, packets);
    this.#lag = catchUp;
    this.client.conn.isAwaitingSpace = true;
    return catchUp.offset;
  }

  /** Begins to read. Not for applications. */
  readOn(): void {
    if (this.#lag instanceof CatchUp) this.#lag.start();
  }

  /** What waits here goes out before what ends the membership. */
  protected release(): void {
    this.#lag?.release();
  }

  /** The membership ended. */
  protected endReceiving(reason: DisconnectReason, description: unknown): void {
    const lag = this.#lag;
    if (lag && reason !== 'client namespace disconnect' && this.client.conn.readyState === 'open') lag.release();
    lag?.cancel();
    this.#lag = undefined;
    this.nsp.slowReaders.onGone(this, description instanceof UnavailableError && description.code === 'BUFFER_FULL');
  }

  #isOver({ limit, isDropping }: ActivePolicy): boolean {
    const { conn } = this.client;
    if (isDropping && !conn.transport.writable) return true;
    // A connection that takes more says nothing when it has sent what it holds.
    return conn.bufferedBytes > limit && !(conn.waiting === undefined && conn.transport.writable);
  }

  /** More waits than may: what the policy says is done to events, of which the log has those behind `previous`. */
  #sendLate(packets: readonly EncodedPacket[], policy: ActivePolicy, previous: Offset | undefined): void {
    const { slowReaders, log } = this.nsp;
    if (policy.isDropping) {
      const backlog = new Backlog(new SocketBacklog(this, this.#onCaughtUp), previous ?? log?.offset);
      this.#lag = backlog;
      this.client.conn.isAwaitingSpace = true;
      backlog.add(packets, policy);
    } else if (policy.name === 'catch-up' && previous !== undefined) {
      slowReaders.table.begin(this, 'catch-up');
      this.readFrom(previous);
    } else {
      this.client.deliver(packets, false);
      if (policy.name === 'disconnect') slowReaders.doom(this, policy.bytesMax);
      else if (policy.name === 'hold') slowReaders.hold(this);
    }
  }

  /** More has come to what waits here, by this policy or none. */
  #weigh(lag: Lag, policy: ActivePolicy | undefined, isLogged: boolean): void {
    const { slowReaders } = this.nsp;
    const bytes = this.waitingBytes;
    if (bytes > slowReaders.bufferedBytesMax) slowReaders.doom(this, slowReaders.bufferedBytesMax);
    // Who reads from the log has no more than it may: nobody is disconnected for having been away.
    if (policy === undefined || lag instanceof CatchUp || bytes <= policy.bytesMax) return;
    if (policy.name === 'disconnect') slowReaders.doom(this, policy.bytesMax);
    else if (policy.name === 'hold') slowReaders.hold(this);
    else if (policy.name === 'catch-up' && isLogged && lag instanceof Backlog) {
      slowReaders.table.begin(this, 'catch-up');
      this.readFrom(lag.offset ?? '');
    }
  }

  get #reader(): SocketReader {
    return new SocketReader(this, this.#onCaughtUp);
  }

  get #onCaughtUp(): () => void {
    return () => {
      this.#lag = undefined;
      this.nsp.slowReaders.onCaughtUp(this);
    };
  }
}
