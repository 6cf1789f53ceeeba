/**
 * Collects the packets that all sessions send in a turn of the event loop, and writes them at its end with one write
 * per session.
 */
import type { Clock } from '../base/clock.js';
import { attempt, throwLater } from '../base/uncaught.js';
import type { EncodedPacket } from '../transport/encoded-packet.js';
import { PacketList } from '../transport/packet-list.js';
import { PacketRun } from '../transport/packet-run.js';

/**
 * A broadcast that is not delivered yet. More may join it in this turn: messages to the same target, or events for the
 * same log.
 */
export interface PendingBroadcast {
  /** Delivers the packets to every recipient. Called once. */
  settle(): void;
}

/** The part of a session that an outbox uses. */
export interface OutboxSession {
  /** The waiting packets, oldest first; `undefined` if none wait. */
  waiting: PacketList | undefined;
  /** Whether the session is among those that the outbox writes. */
  isDirty: boolean;
  /** The occasion of the last packet that was added for the session. */
  occasion: number;
  /** Sends the waiting packets if the transport can take them. */
  flush(): void;
}

/** A volatile message is dropped if more bytes than this already wait for the end of the turn. */
const VOLATILE_BEHIND_MAX = 65_536;
/**
 * Broadcasts that lead to each other while one is postponed. A chain without an end is cut, such as a listener whose
 * own broadcasts fail.
 */
const CHAIN_MAX = 16;
/** The count of occasions wraps here. V8 stores numbers of this size inside the object, without an allocation. */
const OCCASIONS = 2 ** 30;

/**
 * Schedules all writes. Guarantee: the packets of one session leave in the order of `add`, for any mix of broadcasts
 * and single messages. Invariant: a session is in the list exactly while its `isDirty` is set.
 */
export class Outbox {
  readonly #clock: Clock;
  /** The newest list of one packet in this turn. Sessions that begin with the same packet share it. */
  #first: PacketList | undefined;
  /** The last array of packets in this turn that went to a session without waiting packets, and the list made of it. */
  #packets: readonly EncodedPacket[] | undefined;
  #list: PacketList | undefined;
  #dirty: OutboxSession[] = [];
  #isScheduled = false;
  #pending: PendingBroadcast | undefined;
  #atEnd: (() => void)[] = [];
  #occasion = 1;
  #pendingOccasion = 1;
  readonly #beforeWrites: () => void;

  /**
   * `beforeWrites` is called at the end of each turn, before the outbox writes anything. It stores the data that must
   * be stored before clients see it.
   */
  constructor(clock: Clock, beforeWrites: () => void = () => undefined) {
    this.#clock = clock;
    this.#beforeWrites = beforeWrites;
  }

  /** The postponed broadcast, while more may still be added to it. */
  get pending(): PendingBroadcast | undefined {
    return this.#pending;
  }

  /** Postpones a broadcast until the end of the turn, or until the next action whose order or outcome depends on it. */
  postpone(broadcast: PendingBroadcast): void {
    // The earlier one may lead to others, which come first: a listener of a failed log may emit.
    for (let count = 0; this.#pending && count < CHAIN_MAX; count += 1) this.settle();
    this.#pending = broadcast;
    this.#pendingOccasion = this.#occasion;
    this.#schedule();
  }

  /** Moves the postponed broadcast to the current occasion. Called when another message was added to it. */
  prolong(): void {
    this.#pendingOccasion = this.#occasion;
  }

  /**
   * Carries out the postponed broadcast. Call it before a send, a join, a close or anything else that depends on the
   * broadcast.
   */
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

  /** Calls `callback` at the end of the turn, after the turn's broadcasts and before the outbox writes. */
  atEnd(callback: () => void): void {
    this.#atEnd.push(callback);
    this.#schedule();
  }

  /**
   * Starts a new occasion. Packets that are sent from now on belong to it. Every session calls this for each message it
   * receives.
   */
  beginOccasion(): void {
    this.#occasion = (this.#occasion + 1) % OCCASIONS;
  }

  /**
   * Whether a volatile message may join the packets that wait for the end of this turn: they are at most 64 KiB, and
   * the last of them belongs to another occasion. So a volatile message that follows another packet in the same run of
   * program code is dropped, as in Socket.IO. Packets that other messages caused do not matter.
   */
  takesVolatile(session: OutboxSession): boolean {
    this.settle();
    const { waiting } = session;
    return !waiting || (session.occasion !== this.#occasion && waiting.size <= VOLATILE_BEHIND_MAX);
  }

  /** Adds a packet after all others of the session. */
  add(session: OutboxSession, packet: EncodedPacket): void {
    if (this.#pending) this.settle();
    session.occasion = this.#occasion;
    session.waiting = session.waiting ? session.waiting.append(packet) : this.#begin(packet);
    if (!session.isDirty) this.touch(session);
  }

  #begin(packet: EncodedPacket): PacketList {
    if (this.#first && this.#first.packet === packet) this.#first.isShared = true;
    else this.#first = PacketList.of(packet);
    return this.#first;
  }

  /**
   * Adds packets after all others of the session. When several sessions without waiting packets get the same array in a
   * row, the list is built for the first and shared by the others. The array must not change until the turn is over.
   * The bytes of a run are joined once for all sessions, also for those with waiting packets and in other turns.
   */
  addAll(session: OutboxSession, packets: readonly EncodedPacket[]): void {
    if (this.#pending) this.settle();
    if (session.waiting || !this.#list || this.#packets !== packets) {
      this.#addAnew(session, packets);
      return;
    }
    this.#list.isShared = true;
    session.occasion = this.#occasion;
    session.waiting = this.#list;
    this.touch(session);
  }

  /**
   * Adds packets, and keeps the list for the next sessions. V8 inlines `addAll` in the loop over all recipients only
   * while it is small.
   */
  #addAnew(session: OutboxSession, packets: readonly EncodedPacket[]): void {
    const isFirst = session.waiting === undefined;
    if (packets instanceof PacketRun) {
      session.occasion = this.#occasion;
      session.waiting = PacketList.ofRun(session.waiting, packets);
      this.touch(session);
    } else for (const packet of packets) this.add(session, packet);
    if (!isFirst) return;
    this.#packets = packets;
    this.#list = session.waiting;
  }

  /** Calls `session.flush` at the end of the turn. */
  touch(session: OutboxSession): void {
    if (session.isDirty) return;
    session.isDirty = true;
    this.#dirty.push(session);
    this.#schedule();
  }

  /** Writes everything now. The clock calls it at the end of each turn. */
  flush(): void {
    this.#isScheduled = false;
    this.settle();
    this.#end();
    const dirty = this.#dirty;
    this.#dirty = [];
    // Sessions share lists only within a turn, so later turns do not need them.
    this.#first = undefined;
    this.#packets = undefined;
    this.#list = undefined;
    for (const session of dirty) {
      session.isDirty = false;
      try {
        session.flush();
      } catch (error) {
        // The error of one session must not keep the other sessions from writing.
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
    this.#clock.defer(Outbox.#flushLater, this);
  }

  static readonly #flushLater = (outbox: Outbox): void => outbox.flush();
}
