/** Owns the order of a namespace: what is delivered when, to the sockets of this process. */
import type { Appended, Batch, Offset } from '../../../backplane/backplane.js';
import { assert } from '../../../base/assert.js';
import { type Answer, after, ask, repeat, unlessThere } from '../../../base/steps/answer.js';
import { Machine } from '../../../base/steps/machine.js';
import { attempt, throwLater } from '../../../base/uncaught.js';
import type { PendingBroadcast } from '../../../session/outbox.js';
import type { NamespaceFollower } from '../namespace-log.js';
import { batchSizeOf, type LoggedEvent, toldEvent } from '../records.js';
import { endOf, type Flight, Flights } from './flights.js';
import { Interest } from './interest.js';
import { ORDER, type OrderAction, type OrderEvent, type OrderState } from './order-table.js';
import { PlaceWaits } from './place-waits.js';
import { type LogDeliveryContext, Sending } from './sending.js';
import { ToldBatches } from './told-batches.js';

/** Records that are read from the log at once. */
const PAGE = 256;

/**
 * Delivers the records of one log, in their order and each once, whoever appended them. Invariant: `log.offset` is the newest record that
 * was delivered, and no flight is before it. A reader of the log for one socket reads up to it and no further.
 *
 * The events of this process are delivered from memory, and records of others from the batches that the log tells. Only what was not told is
 * read. While an answer of the log is outstanding, nothing is read beyond what the answers before it allow: records of this process could stand
 * there, and fences belong after them. A batch that follows directly on what was delivered needs no answer.
 */
export class LogDelivery implements NamespaceFollower, PendingBroadcast {
  readonly #context: LogDeliveryContext;
  readonly #sending: Sending;
  readonly #flights = new Flights();
  readonly #told = new ToldBatches();
  readonly #waits = new PlaceWaits();
  readonly #machine: Machine<OrderState, OrderEvent, OrderAction>;
  /** Whether the log may hold records after those that were delivered. */
  #hasMore = false;
  /** The events of this turn that wait to be appended together. */
  #turn: LoggedEvent[] = [];
  /** Their characters and bytes, below 0 while nobody has asked. */
  #turnSize = -1;
  /** Events that the log has kept within the call, in the transition `take own`. */
  #own: { readonly events: readonly LoggedEvent[]; readonly answer: Appended } | undefined;
  /** Whether the newest flight is a question of this turn for the end of the log. */
  #isAsking = false;
  /** Whether this process hears what others append. */
  readonly interest: Interest;

  constructor(context: LogDeliveryContext) {
    this.#context = context;
    this.#sending = new Sending(context);
    this.interest = new Interest(context.log, this);
    this.#machine = new Machine(ORDER, 'not heard', {
      deliverBatch: () => this.#deliverBatch(),
      deliverFlight: () => this.#deliverFlight(),
      deliverOwn: () => this.#deliverOwn(),
      endFlight: () => this.#endFlight(),
      readToFlight: () => this.#readTo(previousOf(this.#flights.oldest)),
      readOn: () => this.#readTo(undefined),
    });
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
    if (!this.interest.begin()) return;
    this.#told.clear();
    after(this.#context.log.beginning, () => this.#look());
  }

  async beginAfter(newest: Offset): Promise<Offset> {
    const place = await this.#flights.placeBefore(newest);
    // Others may have records up to there.
    if (place < newest) this.#hasMore = true;
    return place;
  }

  onMore(newest?: Offset): void {
    const { log } = this.#context;
    log.lost.tell();
    if (newest !== undefined && newest <= log.offset) return;
    this.#hasMore = true;
    this.#look();
  }

  /** Delivers a batch of others in its place. */
  onBatch(batch: Batch): void {
    this.#context.log.traffic.hear(batch.records);
    if (!this.#told.add(batch)) this.#hasMore = true;
    this.#look();
  }

  /** Appends an event to the log at the end of the turn, or earlier if anything could notice the delay. */
  keep(event: LoggedEvent): void {
    const { outbox } = this.#context;
    if (outbox.pending === this && this.#hasRoom(event)) this.#turn.push(event);
    else {
      outbox.postpone(this);
      this.#turn = [event];
      this.#turnSize = -1;
    }
  }

  /** Whether the home keeps an event together with those of this turn. */
  #hasRoom(event: LoggedEvent): boolean {
    const { batchMax } = this.#context.log.home;
    if (!batchMax) return true;
    const [first] = this.#turn;
    if (this.#turnSize < 0 && first) this.#turnSize = batchSizeOf(first);
    this.#turnSize += batchSizeOf(event);
    return this.#turn.length < batchMax.records && this.#turnSize <= batchMax.size;
  }

  /** Appends the events of this turn. Called by the outbox. */
  settle(): void {
    const events = this.#turn;
    // The packets of a quiet namespace would stay in memory otherwise.
    this.#turn = [];
    this.#commit(events);
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
    if (!this.interest.isOn) return log.fences.whenDelivered();
    return after(this.#askEnd(), (newest) => this.#waits.wait(newest, () => this.#look()));
  }

  /**
   * Has what stands in the log by now delivered before anything that the program does from here on. The question for the end of the log is a
   * flight without events, so joins, leaves and answers wait for it as they wait for events. A process that hears nothing asks nothing.
   */
  reachEnd(): void {
    this.#context.outbox.settle();
    if (!this.interest.isOn || this.#isAsking) return;
    // An event of this process that is appended from here on belongs after the question, although its record may stand at the end that was found.
    const last = this.#flights.newest;
    this.#fly([], endOf(after(this.#askEnd(), (newest) => this.#flights.placeBefore(newest, last))));
  }

  /** Asks where the log ends. If the home does not say it, that is where this process is. */
  #askEnd(): Answer<Offset> {
    const { log } = this.#context;
    return ask<Offset>(
      () => log.newest(),
      (error) => {
        log.report(error);
        return log.offset;
      },
    );
  }

  #commit(events: readonly LoggedEvent[]): void {
    this.#isAsking = false;
    this.#fly(events, this.#context.log.append(events));
  }

  /** Opens a flight. One whose answer is there already, with nothing before it, is delivered at once. */
  #fly(events: readonly LoggedEvent[], appended: Answer<Appended | undefined>): void {
    const { log } = this.#context;
    const flight: Flight = { events, answer: undefined, appended };
    let isOpen = false;
    const open = (): void => {
      isOpen = true;
      this.#flights.open(flight);
      log.fences.begin();
    };
    unlessThere(appended, () => {
      open();
      if (events.length === 0) this.#shareQuestion();
    });
    const onAnswer = (answer: Appended | undefined): void => {
      if (!isOpen && answer && this.#isNext(answer)) {
        this.#own = { events, answer };
        this.#machine.on('take own');
      } else {
        if (!isOpen) open();
        flight.answer = answer ?? 'refused';
        // Nobody may say here when the home takes events again, because the link stays, or the clients are on other nodes.
        if (!answer) log.lost.tellSoon();
      }
      this.#look();
    };
    after(appended, onAnswer, throwLater);
  }

  /** All who ask for the end of the log in this turn get the answer to one question. */
  #shareQuestion(): void {
    this.#isAsking = true;
    this.#context.log.clock.defer((order: LogDelivery) => {
      order.#isAsking = false;
    }, this);
  }

  /** Whether events with this answer can be delivered at once. */
  #isNext({ previous }: Appended): boolean {
    const { state } = this.#machine;
    return (state === 'level' || state === 'not heard') && previous === this.#context.log.offset;
  }

  /** Something may have changed. Delivers what can be delivered: flights in their order, and before each the records that stand before it. */
  #look(): void {
    this.#context.outbox.settle();
    this.#machine.on('look');
    this.#goOn();
  }

  #goOn(): void {
    while (this.#machine.state === 'deciding') this.#machine.on(this.#decide());
  }

  /** Chooses the next step. */
  #decide(): OrderEvent {
    const { log } = this.#context;
    const { oldest } = this.#flights;
    const answer = oldest?.answer;
    this.#waits.reach(log.offset);
    if (answer === 'refused') return 'take flight';
    if (log.beginning) return 'begin';
    const batch = this.#told.oldestAfter(log.offset);
    if (batch && batch.previous <= log.offset) return 'take batch';
    if (oldest && !answer) return 'wait';
    if (answer) return answer.previous > log.offset && this.#isWanted ? 'read to flight' : 'take flight';
    // Without a flight, a batch that does not follow means that an earlier one was not told. Both stand in the log.
    if (this.#hasMore || batch || !this.#waits.isEmpty) return 'read on';
    return this.interest.isOn ? 'rest' : 'sleep';
  }

  /** Whether the records of others matter here. */
  get #isWanted(): boolean {
    return !this.#context.rooms.isEmpty || this.interest.isOn;
  }

  #deliverBatch(): void {
    const batch = this.#told.take();
    this.#deliver(() => batch && this.#sending.records(batch.records, undefined));
  }

  #deliverOwn(): void {
    const own = this.#own;
    this.#own = undefined;
    this.#deliver(() => own && this.#sending.events(own.events, own.answer.offsets));
  }

  #deliver(send: () => unknown): void {
    try {
      send();
    } finally {
      this.#machine.on('done');
    }
  }

  #deliverFlight(): void {
    const { log } = this.#context;
    const flight = this.#flights.oldest;
    assert(flight?.answer !== undefined, 'a flight that is delivered has its answer');
    const { events, answer } = flight;
    if (answer === 'refused') {
      // A reading may have ended for this flight.
      this.#hasMore = true;
      return;
    }
    const { previous, offsets } = answer;
    // A process that hears nothing has nothing in memory.
    log.skip(previous, !this.interest.isOn);
    // A page that was read late may have had the first ones.
    const from = offsets.length === 0 ? 0 : offsets.findIndex((offset) => offset > log.offset);
    // The flight ends and its fences take effect, whatever a recipient throws.
    if (from >= 0) attempt(() => this.#sending.events(events.slice(from), offsets.slice(from)));
  }

  /** The fences of a flight take effect. One of them may have the log read. The records are delivered after the last fence. */
  #endFlight(): void {
    const isKept = this.#flights.oldest?.answer !== 'refused';
    this.#flights.end();
    this.#context.log.fences.end(isKept);
    // Messages that a fence has postponed come before the next records, for late readers too.
    this.#context.outbox.settle();
    this.#machine.on('done');
  }

  /** Reads and delivers records, up to `until` or to the end of the log. */
  #readTo(until: Offset | undefined): void {
    if (until === undefined) this.#told.clear();
    const read = ask<true>(
      () => repeat(() => this.#readPage(until)),
      (error) => this.#fail(error, until),
    );
    const onRead = (): void => {
      this.#machine.on('done');
      this.#goOn();
    };
    after(read, onRead, throwLater);
  }

  /** Reads and delivers a page. Gives `true` when that was the last one, or when an event of this process may stand in the next one. */
  #readPage(until: Offset | undefined): Answer<true | undefined> {
    const { log, outbox } = this.#context;
    const isShort = (): boolean => until === undefined && this.#flights.count > 0;
    if (!this.#isWanted) {
      // Nothing is delivered here any more, so nobody waits for a page either.
      this.#waits.onAsking();
      return this.#end(until);
    }
    if (isShort()) return true;
    if (until === undefined) {
      this.#hasMore = false;
      this.#waits.onAsking();
    }
    const { erasures } = log;
    return after(log.readOnce(log.offset, PAGE), (page): Answer<true | undefined> => {
      outbox.settle();
      // The page may have records that were erased meanwhile, or a flight that has begun meanwhile.
      if (erasures !== log.erasures || isShort()) {
        this.#hasMore = true;
        return undefined;
      }
      const { length } = page.records;
      const isWhole = length < PAGE && (until !== undefined || !this.#hasMore);
      if (page.hasGap) this.#sending.gap(page, until);
      // Nothing is left of the log, so its end is asked for.
      if (page.hasGap && length === 0 && until === undefined)
        return after(log.newest(), (newest) => this.#skipTo(newest));
      return !this.#sending.records(page.records, until) || isWhole ? this.#end(until) : undefined;
    });
  }

  #skipTo(newest: Offset): true {
    if (this.#flights.count === 0) this.#context.log.skip(newest);
    return true;
  }

  #end(until: Offset | undefined): true {
    if (until !== undefined) this.#context.log.skip(until);
    else {
      this.#hasMore = false;
      this.#waits.onEnd();
    }
    return true;
  }

  /** Records could not be read. The members read for themselves what the next flight would overtake, and are told if that fails, too. */
  #fail(error: unknown, until: Offset | undefined): true {
    const { log } = this.#context;
    const from = log.offset;
    log.report(error);
    this.#end(until);
    if (until !== undefined) this.#sending.readFrom(from);
    return true;
  }
}

function previousOf(flight: Flight | undefined): Offset | undefined {
  return typeof flight?.answer === 'object' ? flight.answer.previous : undefined;
}
