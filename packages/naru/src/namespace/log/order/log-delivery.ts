/** Owns the order of a namespace: what is delivered when, to the sockets of this process. */
import type { Appended, Batch, LogFollower, Offset, Page } from '../../../backplane/backplane.js';
import { assert } from '../../../base/assert.js';
import { delay } from '../../../base/clock.js';
import { type Answer, after, ask, carryOut, type Steps, waitFor } from '../../../base/steps/answer.js';
import { transitionOf } from '../../../base/steps/machine.js';
import { attempt, throwLater } from '../../../base/uncaught.js';
import type { SocketPacket } from '../../../protocol/socket-io/packet.js';
import type { PendingBroadcast } from '../../../session/outbox.js';
import type { Room, Target } from '../../event/target.js';
import { isUnanswered } from '../log-home.js';
import { batchSizeOf, type LoggedEvent, partsOf, toldEvent } from '../records.js';
import { Interest } from './interest.js';
import { ORDER, type OrderAction, type OrderEvent, type OrderState } from './order-table.js';
import { restOf } from './page-rest.js';
import { type LogDeliveryContext, Sending } from './sending.js';

/** Records that are read from the log at once. */
const PAGE = 256;
/** The most times that a page is asked for, while the home does not answer. */
const TRIES_MAX = 6;
/** Milliseconds between two requests for the same page. */
const AGAIN_MS = 500;
/** The most batches of others that wait for their place. Those that come then are read instead. */
const TOLD_MAX = 256;
/** A place after all records. */
const NEVER: Offset = '\uffff';

/** Waits until this process has delivered what stood in the log at some time. */
interface Wait {
  /** The end of the log at that time. */
  readonly until: Offset;
  /** Whether a page was asked for since. If the log ends with that page, nothing is left to wait for. */
  isAsked: boolean;
  /** Set for a wait that did not end within the call. */
  onEnd?: () => void;
}

/**
 * Delivers the records of one log, in their order and each once, whoever appended them. Invariant: `log.offset` is the
 * newest record that was delivered, and no flight is before it. A reader of the log for one socket reads up to it and
 * no further.
 *
 * The events of this process are delivered from memory, and records of others from the batches that the log tells. Only
 * what was not told is read. While an answer of the log is outstanding, nothing is read beyond what the answers before
 * it allow: records of this process could stand there, and fences belong after them. A batch that follows directly on
 * what was delivered needs no answer.
 */
export class LogDelivery implements LogFollower, PendingBroadcast {
  readonly #context: LogDeliveryContext;
  readonly #sending: Sending;
  readonly #actions: Readonly<Record<OrderAction, () => void>> = {
    // The records before the oldest batch are delivered, or are for others.
    deliverBatch: () => {
      const batch = this.#told.shift();
      if (!batch) return;
      this.#context.log.skip(batch.previous, true);
      this.#sending.items(batch.records);
      this.#context.log.fences.hear();
    },
    // The fences of the oldest flight take effect after it, whatever a recipient throws.
    deliverFlight: () => {
      const { log, outbox } = this.#context;
      const flight = log.fences.oldest;
      if (typeof flight?.answer === 'object') {
        const { previous, offsets } = flight.answer;
        // A process that hears nothing has nothing in memory, and records for others do not tell of erased ones.
        log.skip(previous, !log.following || this.#hasAll(flight.answer));
        // A page that was read late may have had the first ones.
        const from = offsets.length === 0 ? 0 : offsets.findIndex((offset) => offset > log.offset);
        if (from >= 0) attempt(() => this.#sending.flight(flight, offsets, from));
      } else this.#expect(); // A reading may have ended for this flight.
      log.fences.end();
      if (flight && log.isLocalWhileAway) this.#sending.end(flight);
      // Messages that a fence has postponed come before the next records, for late readers too.
      outbox.settle();
    },
    read: () => {
      if (!this.#context.log.fences.oldest) this.#told = [];
      this.#readTo = '';
      const read = ask(() => carryOut(this.#readPages()), throwLater);
      after(read, () => {
        this.#on('done');
        this.#look();
      });
    },
  };
  #state: OrderState = 'not heard';
  /** The batches that were told and not delivered yet, in the order of the log. */
  #told: Batch[] = [];
  /** The log may hold records up to this one that were not told. */
  #untold: Offset = '';
  /** Everything up to this record was delivered, or waits in `#told`. */
  #readTo: Offset = '';
  readonly #waits = new Set<Wait>();
  readonly #interest: Interest;
  /** The events of this turn that wait to be appended together, and their characters and bytes. */
  #turn: LoggedEvent[] = [];
  #turnSize = 0;
  /** Whether the newest flight is a question for the end of the log that is asked at the end of this turn. */
  #isAsking = false;

  constructor(context: LogDeliveryContext) {
    this.#context = context;
    this.#sending = new Sending(context);
    this.#interest = new Interest(context.log);
  }

  /** Answers when `log.offset` is where a socket that joins now begins. */
  findPlace(): Answer<void> {
    this.follow();
    const { log, rooms } = this.#context;
    // A process without sockets may not have been told of everything yet.
    return log.beginning ?? (rooms.isEmpty ? this.catchUp() : undefined);
  }

  /** Hears what other processes append. Called when the process has a member, or is about to get one. */
  follow(): void {
    const { log } = this.#context;
    // Messages that this process did not hear may have said that these were erased.
    if (!log.following) [this.#told, this.#readTo] = [[], ''];
    log.hear(this);
  }

  onMore(newest?: Offset): void {
    this.#context.log.lost.tell();
    this.#expect(newest);
    this.#look();
  }

  /** Delivers a batch of others in its place. */
  onBatch(batch: Batch): void {
    this.#context.log.traffic.hear(batch.records);
    if (this.#told.length < TOLD_MAX) this.#told.push(batch);
    else this.#expect(batch.records.at(-1)?.offset ?? batch.previous);
    this.#look();
  }

  /** A socket of this process is in a room. The home has to know of the own room of another process's socket. */
  want(room: Room): void {
    void this.#interest.want(room)?.then((newest) => this.onMore(newest));
  }

  /** Sockets are about to join rooms. They get nothing that was sent before, even if it was not told here. */
  reachRooms(rooms: readonly Room[]): void {
    if (rooms.some((room) => this.#interest.isNew(room))) this.reachEnd();
  }

  /**
   * Appends an event to the log at the end of the turn, or earlier if anything could notice the delay. Throws
   * ConfigError for data that cannot be encoded. Otherwise, `before` is called first.
   */
  keep(packet: SocketPacket, target: Target, before?: () => void): void {
    const { codec, outbox, log } = this.#context;
    const event: LoggedEvent = { packet, packets: codec.encode(packet, target.flags.compress !== false), target };
    before?.();
    const { batchMax } = log.home;
    const size = batchMax ? batchSizeOf(event) : 0;
    const isFull = batchMax && (this.#turn.length >= batchMax.records || this.#turnSize + size > batchMax.size);
    if (outbox.pending !== this || isFull) {
      outbox.postpone(this);
      this.#turn = [];
      this.#turnSize = 0;
    }
    this.#turn.push(event);
    this.#turnSize += size;
  }

  /** Appends the events of this turn. Called by the outbox. */
  settle(): void {
    // The packets of a quiet namespace would stay in memory otherwise.
    const events = this.#turn.splice(0);
    for (const part of this.#context.log.home.keepsTagsApart ? partsOf(events) : [events]) this.#commit(part);
  }

  /** Appends a message to other processes at once, after what the program has sent so far. */
  tell(message: readonly unknown[]): void {
    this.#context.outbox.settle();
    this.#commit([toldEvent(message)]);
  }

  /** Answers when everything is delivered that stands in the log by now. Nothing else waits for that. */
  catchUp(): Answer<void> {
    const { outbox, log } = this.#context;
    outbox.settle();
    if (!log.following) return log.fences.whenDelivered();
    return after(this.#askEnd(), (until) => {
      const wait: Wait = { until, isAsked: false };
      this.#waits.add(wait);
      this.#look();
      if (!this.#waits.has(wait)) return undefined;
      return new Promise((resolve) => {
        wait.onEnd = resolve;
      });
    });
  }

  /**
   * Has what stands in the log by now delivered before anything that the program does from here on. The question for
   * the end of the log is a flight without events, so joins, leaves and answers wait for it as they wait for events. A
   * process that hears nothing asks nothing.
   */
  reachEnd(): void {
    this.#context.outbox.settle();
    const { fences, following, clock, home } = this.#context.log;
    if (!following || this.#isAsking) return;
    // An event of this process that is appended from here on belongs after the question, although its record may stand
    // at the end that was found.
    const since = fences.confirmations.newest;
    const onEnd = (): Answer<Offset> => {
      this.#isAsking = false;
      return this.#askEnd();
    };
    // A turn may be long, and what one client asks must not be answered with the end of the log before that. So the
    // question is asked at the end of the turn, once for all who ask in it.
    this.#isAsking = !home.keepsAtOnce;
    const newest = this.#isAsking ? new Promise<Offset>((end) => clock.defer(() => end(onEnd()), undefined)) : onEnd();
    const place = after(newest, (end) => fences.placeBefore(end, since));
    const answer = after(place, (previous): Appended => ({ previous, offsets: [] }));
    this.#fly([], answer);
  }

  /** Asks where the log ends. If the home does not say it, that is where this process is. */
  #askEnd(): Answer<Offset> {
    const { log } = this.#context;
    const failed = (error: unknown): Offset => log.report(error) ?? log.offset;
    return ask(() => log.newest(), failed);
  }

  #commit(events: readonly LoggedEvent[]): void {
    this.#isAsking = false;
    this.#fly(events, this.#context.log.append(events));
  }

  /** Opens a flight. One whose answer is there already, with nothing before it, is delivered at once. */
  #fly(events: readonly LoggedEvent[], appended: Answer<Appended | undefined>): void {
    const { log } = this.#context;
    const flight = log.fences.begin(events, appended);
    const onAnswer = (answer: Appended | undefined): void => {
      flight.answer = answer ?? 'refused';
      // Nobody may say here when the home takes events again, because the link stays, or the clients are on other
      // nodes.
      if (!answer) log.lost.tell();
      this.#look();
    };
    after(appended, onAnswer, throwLater);
    // A flight that the log has refused goes out at its end.
    if (log.isLocalWhileAway && events.length > 0) log.fences.runSoon(() => attempt(() => this.#sending.early(flight)));
  }

  /**
   * Something may have changed. Delivers what can be delivered: flights in their order, and before each the records
   * that stand before it.
   */
  #look(): void {
    this.#context.outbox.settle();
    this.#on('look');
    while (this.#state === 'deciding') this.#on(this.#decide());
    const isAsked = this.#context.log.beginning !== undefined;
    assert(this.#state !== 'beginning' || isAsked, 'an order begins only while the home is asked where its log ends');
  }

  /** Makes the transition of an event: first the state changes, and then the actions run. */
  #on(event: OrderEvent): void {
    const { to, run } = transitionOf<OrderState, OrderEvent, OrderAction>(ORDER, this.#state, event);
    this.#state = to;
    if (!run) return;
    try {
      for (const action of run) this.#actions[action]();
    } finally {
      if (to === 'delivering') this.#on('done');
    }
  }

  /** Chooses the next step. */
  #decide(): OrderEvent {
    const { log } = this.#context;
    const { oldest } = log.fences;
    const answer = oldest?.answer;
    if (this.#waits.size > 0) this.#endWaits(({ until }) => until <= log.offset);
    if (answer === 'refused') return 'deliver flight';
    if (log.beginning) return 'begin';
    // One that was read meanwhile changes nothing.
    const [batch] = this.#told;
    if (batch && batch.previous <= log.offset) return 'deliver batch';
    if (oldest && !answer) return 'wait';
    const isLevel = batch?.records.length === 0 && batch.previous === answer?.previous;
    const isFirst = batch !== undefined && (!answer || isLevel || batch.previous < answer.previous);
    if (isFirst && this.#hasAll(batch)) return 'deliver batch';
    if (answer) {
      const isMissing = answer.previous > log.offset && (isFirst || !this.#hasAll(answer));
      return isMissing && log.following ? 'read' : 'deliver flight';
    }
    // Without a flight, a batch that does not follow means that an earlier one was not told. Both stand in the log.
    if (this.#untold > log.offset || batch || this.#waits.size > 0) return 'read';
    return log.following ? 'rest' : 'sleep';
  }

  /** The log may hold records up to this one, or more, that were not told. */
  #expect(newest = NEVER): void {
    if (newest > this.#untold) this.#untold = newest;
  }

  /** Whether nothing is missing here before records, although the log has more before them. */
  #hasAll({ told, previous }: Pick<Batch, 'told' | 'previous'>): boolean {
    if (previous <= this.#readTo) return true;
    return this.#untold <= this.#context.log.offset && this.#interest.hasAll(told, this.#context.log.offset);
  }

  #endWaits(isOver: (wait: Wait) => boolean): void {
    for (const wait of this.#waits) {
      if (!isOver(wait)) continue;
      this.#waits.delete(wait);
      wait.onEnd?.();
    }
  }

  /** Reads and delivers records, up to the oldest flight or to the end of the log. */
  *#readPages(): Steps<void> {
    const { log, outbox } = this.#context;
    /** The end of a log of which nothing is left. */
    let end: Offset | undefined;
    for (;;) {
      const from = log.offset;
      const flight = log.fences.oldest;
      const until = typeof flight?.answer === 'object' ? flight.answer.previous : undefined;
      // An event of this process may stand in the next page.
      if (flight && until === undefined && log.following) return;
      const untold = until === undefined ? '' : this.#untold;
      this.#untold = '';
      if (until === undefined) for (const wait of this.#waits) wait.isAsked = true;
      // Nothing is delivered here any more, so nobody waits for a page either.
      if (!log.following) return this.#endReading(until);
      // They may have messages to this process, which no member reads for itself.
      const page = yield* this.#readPage(from);
      const last = page && page.records.length < PAGE ? (page.records.at(-1)?.offset ?? from) : NEVER;
      this.#expect(last < untold ? last : untold);
      // The members read for themselves what the flight would overtake, and are told if that fails, too.
      if (!page) return until === undefined ? this.#endReading(until) : this.#sending.gap(undefined, until, from);
      outbox.settle();
      // A flight that has begun meanwhile may have its records in the page.
      const isLate = log.fences.oldest !== flight;
      if (isLate) this.#expect();
      if (isLate) continue;
      const { hasGap } = page;
      const records = until === undefined ? page.records : page.records.filter(({ offset }) => offset <= until);
      const isEmpty = hasGap && records.length === 0 && until === undefined;
      if (isEmpty && end === undefined) {
        // The next page has what is appended meanwhile.
        end = yield* waitFor(this.#askEnd());
        continue;
      }
      if (hasGap) this.#sending.gap(records[0], until);
      if (isEmpty) return log.skip(end ?? from);
      this.#sending.items(records);
      log.fences.hear();
      if (records.length === PAGE || (until === undefined && this.#untold > log.offset)) continue;
      if (until !== undefined) {
        const { rest, end } = restOf(page.records, until, log.fences.answers);
        this.#told = rest.concat(this.#told);
        this.#readTo = hasGap ? '' : end;
      }
      return this.#endReading(until, !hasGap);
    }
  }

  /**
   * Reads a page, and asks again while the home does not answer in time. Reports each error. Gives `undefined` if the
   * last request has failed, or any for another reason.
   */
  *#readPage(from: Offset): Steps<Page | undefined> {
    const { log } = this.#context;
    for (let left = TRIES_MAX; ; left -= 1) {
      try {
        return yield* waitFor(log.read(from, PAGE));
      } catch (error) {
        log.report(error);
        if (!isUnanswered(error) || left === 1) return undefined;
      }
      yield* waitFor(delay(log.clock, AGAIN_MS));
    }
  }

  /**
   * A reading has ended, before a flight or for those that wait. The home may have said that there is more. With
   * `isWhole`, no record is left between the last one and the flight.
   */
  #endReading(until: Offset | undefined, isWhole = false): void {
    if (until === undefined) this.#endWaits(({ isAsked }) => isAsked);
    else this.#context.log.skip(until, isWhole);
  }
}
