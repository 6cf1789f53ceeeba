/** Collects what all sessions send in a turn of the event loop and writes it at the turn's end: one write a session. */
import type { Clock } from '../base/clock.js';
import { attempt, throwLater } from '../base/uncaught.js';
import { type Batch, BatchRoot } from '../transport/batch.js';
import type { EncodedPacket } from '../transport/encoded-packet.js';

/** A broadcast whose recipients were not visited yet, because another one to the same target may follow in this turn. */
export interface PendingBroadcast {
  /** Gives every recipient its packets. Called once. */
  settle(): void;
}

/** What an outbox needs of a session. */
export interface OutboxSession {
  /** The packets that wait, oldest first; `undefined` when none do. */
  waiting: Batch | undefined;
  /** Whether the session stands in the outbox's list. */
  isDirty: boolean;
  /** On which occasion it was sent something last. */
  occasion: number;
  /** Sends what waits if the transport can take it. */
  flush(): void;
}

/** Bytes that may wait for the end of the turn where something volatile is put behind them. */
const VOLATILE_BEHIND_MAX = 65_536;
/** Occasions are counted up to here, and then anew: such numbers are kept within objects. */
const OCCASIONS = 2 ** 30;

/**
 * The one scheduler of all writes. Guarantee: packets of one session leave in the order of `add`, whatever mix of broadcasts and
 * single messages they came from. Invariant: a session is in the list exactly while `isDirty`.
 */
export class Outbox {
  readonly #clock: Clock;
  readonly #root = new BatchRoot();
  /** The list of packets that a session with nothing waiting got last in this turn, and the batch that they are. */
  #list: readonly EncodedPacket[] | undefined;
  #batch: Batch | undefined;
  #dirty: OutboxSession[] = [];
  #isScheduled = false;
  #pending: PendingBroadcast | undefined;
  #atEnd: (() => void)[] = [];
  #occasion = 1;
  #pendingOccasion = 1;
  readonly #beforeWrites: () => void;

  /** `beforeWrites` is called at the end of each turn, before the outbox writes anything: it keeps what clients may only learn once it is kept. */
  constructor(clock: Clock, beforeWrites: () => void = () => undefined) {
    this.#clock = clock;
    this.#beforeWrites = beforeWrites;
  }

  /** The broadcast that waits for more of its kind, if it is the newest thing that happened. */
  get pending(): PendingBroadcast | undefined {
    return this.#pending;
  }

  /** Puts a broadcast off to the end of the turn, or to whatever happens next that its recipients could tell from it. */
  postpone(broadcast: PendingBroadcast): void {
    this.settle();
    this.#pending = broadcast;
    this.#pendingOccasion = this.#occasion;
    this.#schedule();
  }

  /** More was added to the broadcast that was put off. */
  prolong(): void {
    this.#pendingOccasion = this.#occasion;
  }

  /** Carries out the broadcast that was put off. Call before anything whose order or outcome depends on it: a send, a join, a close. */
  settle(): void {
    const pending = this.#pending;
    if (!pending) return;
    this.#pending = undefined;
    const occasion = this.#occasion;
    this.#occasion = this.#pendingOccasion;
    try {
      pending.settle();
    } finally {
      this.#occasion = occasion;
    }
  }

  /** Has `callback` called at the end of the turn, behind the broadcasts of the turn, and before anything of it is written. */
  atEnd(callback: () => void): void {
    this.#atEnd.push(callback);
    this.#schedule();
  }

  /** A message has come: what is sent now is sent on the occasion of it. Called for each, by whichever session. */
  beginOccasion(): void {
    this.#occasion = (this.#occasion + 1) % OCCASIONS;
  }

  /**
   * Whether something volatile may go out with what waits for the end of this turn: so much is not there yet, and none of it was sent on the
   * same occasion. Of what a program sends in one go only the first is not dropped, as by Socket.IO; what others cause is not in its way.
   */
  takesVolatile(session: OutboxSession): boolean {
    this.settle();
    const { waiting } = session;
    return !waiting || (session.occasion !== this.#occasion && waiting.size <= VOLATILE_BEHIND_MAX);
  }

  /** Adds a packet behind all others of the session. */
  add(session: OutboxSession, packet: EncodedPacket): void {
    if (this.#pending) this.settle();
    session.occasion = this.#occasion;
    session.waiting = session.waiting ? session.waiting.append(packet) : this.#root.start(packet);
    if (!session.isDirty) this.touch(session);
  }

  /**
   * Adds packets behind all others of the session. Where several sessions in a row get the same list and had nothing waiting, only the
   * first has it put together. The list must not change until the turn is over.
   */
  addAll(session: OutboxSession, packets: readonly EncodedPacket[]): void {
    if (this.#pending) this.settle();
    const isFirst = session.waiting === undefined;
    if (isFirst && this.#batch && this.#list === packets) {
      this.#batch.isShared = true;
      session.occasion = this.#occasion;
      session.waiting = this.#batch;
      this.touch(session);
      return;
    }
    for (const packet of packets) this.add(session, packet);
    if (!isFirst) return;
    this.#list = packets;
    this.#batch = session.waiting;
  }

  /** Has `session.flush` called at the end of the turn. */
  touch(session: OutboxSession): void {
    if (session.isDirty) return;
    session.isDirty = true;
    this.#dirty.push(session);
    this.#schedule();
  }

  /** Writes everything now; the clock calls it at the end of a turn. */
  flush(): void {
    this.#isScheduled = false;
    this.settle();
    this.#end();
    const dirty = this.#dirty;
    this.#dirty = [];
    // The shared batches are only worth their memory within a turn.
    this.#root.reset();
    this.#list = undefined;
    this.#batch = undefined;
    for (const session of dirty) {
      session.isDirty = false;
      try {
        session.flush();
      } catch (error) {
        // The sessions behind this one are not to blame.
        throwLater(error);
      }
    }
  }

  #end(): void {
    if (this.#atEnd.length > 0) for (const callback of this.#atEnd.splice(0)) attempt(callback);
    attempt(this.#beforeWrites);
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#clock.defer(flush, this);
  }
}

function flush(outbox: Outbox): void {
  outbox.flush();
}
