/** Delivers the events of a log to the sockets of this process, whether they were emitted here or in another process. */
import {
  type Appended,
  type Batch,
  type MaybePromise,
  type Offset,
  type Page,
  type StoredRecord,
  whenResolved,
} from '../../backplane/backplane.js';
import { throwLater } from '../../base/uncaught.js';
import type { Outbox } from '../../session/outbox.js';
import type { EncodedPacket } from '../../transport/encoded-packet.js';
import { EVERYBODY, type RoomMember } from '../rooms.js';
import { keyOf, noteEvent } from '../slow-readers/event-notes.js';
import type { SlowPolicies } from '../slow-readers/namespace-policies.js';
import type { Member } from '../socket/socket.js';
import type { EffectiveRooms } from './effective-rooms.js';
import { Interest } from './interest.js';
import { LoggedEvents } from './logged-events.js';
import type { NamespaceFollower, NamespaceLog } from './namespace-log.js';
import { isBeyond, type LoggedEvent, toldEvent } from './records.js';
import { isSameNames, isSameRoom, nameOf, targetOf } from './targets.js';

/** The part of a member that the delivery of a log uses. */
export type LogRecipient = RoomMember & Pick<Member, 'sendLogged' | 'readFrom'>;

/** The part of a namespace that the delivery of a log uses. */
export interface LogDeliveryContext {
  /** The recipients of events. */
  readonly rooms: EffectiveRooms<LogRecipient>;
  readonly outbox: Outbox;
  readonly log: NamespaceLog;
  /** The policies for sockets that read slowly. */
  readonly policies?: SlowPolicies | undefined;
  /** Notes the event on its packets, for wires that send another form than Socket.IO's. */
  describe(packets: readonly EncodedPacket[], event: LoggedEvent, offset: Offset): void;
}

/** Records that are read from the log at once. */
const PAGE = 256;
/** Batches of others that wait for their place. When there are more, the log is read instead. */
const TOLD_MAX = 256;

/** Events of this process that were given to the log together. */
interface Flight {
  readonly events: readonly LoggedEvent[];
  /** The answer of the log. `undefined` until it comes. */
  answer: Appended | 'failed' | undefined;
  /** Resolves with that answer, or with `undefined` after a failure. */
  readonly appended?: Promise<Appended | undefined>;
}

/**
 * Delivers the records of one log, in their order and each once, whoever appended them. Invariant: `log.offset` is the newest record that
 * was delivered, and no flight is before it. A reader of the log for one socket reads up to it and no further.
 *
 * The events of this process are delivered from memory, and records of others from the batches that the log tells. Only what was not told is
 * read. While an answer of the log is outstanding, nothing is read beyond what the answers before it allow: records of this process could stand
 * there, and fences belong after them. A batch that follows directly on what was delivered needs no answer.
 */
export class LogDelivery implements NamespaceFollower {
  readonly #context: LogDeliveryContext;
  /** The flights that are open, oldest first. */
  readonly #flights: Flight[] = [];
  /** The batches of others that were told and not delivered yet, in the order of the log. */
  #told: Batch[] = [];
  /** Whether records are being read or delivered. */
  #isBusy = false;
  /** Whether the log may hold records after those that were delivered. */
  #hasMore = false;
  #reading: Promise<void> | undefined;
  /** Whether this process hears what others append. */
  readonly interest: Interest;

  constructor(context: LogDeliveryContext) {
    this.#context = context;
    this.interest = new Interest(context.log, this);
  }

  /** Settles when `log.offset` is where a socket that joins now begins. Settles at once if the process hears the log already. */
  findPlace(): MaybePromise<void> {
    const { log, rooms } = this.#context;
    this.follow();
    if (log.isRemote) return log.beginning;
    if (rooms.isEmpty) return this.catchUp();
  }

  /** Hears what other processes append. Called when the process has a member, or is about to get one. */
  follow(): void {
    if (this.interest.begin()) this.#told = [];
  }

  /**
   * Returns where delivery begins if the log ended at `newest` when the home began to tell of it: there, or before the oldest flight. The home
   * may have taken a flight first, because the next link makes the request again.
   */
  async beginAfter(newest: Offset): Promise<Offset> {
    for (const { appended } of [...this.#flights]) {
      const answer = await appended;
      if (!answer) continue;
      if (answer.previous >= newest) return newest;
      // Others may have records up to there.
      this.#hasMore = true;
      return answer.previous;
    }
    return newest;
  }

  /** Whether what others have appended is delivered here. A process that hears a remote log stays at its end, although nobody is there. */
  get #isWanted(): boolean {
    const { log, rooms } = this.#context;
    return !rooms.isEmpty || (log.isRemote && this.interest.isOn);
  }

  /** Delivers what stands in the log by now. */
  onMore(newest?: Offset): void {
    const { log } = this.#context;
    log.lost.tell();
    if (newest === undefined || newest > log.offset) void this.catchUp();
  }

  /** Delivers a batch of others in its place. */
  onBatch(batch: Batch): void {
    if (!this.#isWanted || this.#told.length >= TOLD_MAX) {
      // The log has them, too.
      this.#told = [];
      this.#hasMore = true;
    } else this.#told.push(batch);
    this.#goOn();
  }

  /** Appends an event to the log at the end of the turn, or earlier if anything could notice the delay. */
  keep(event: LoggedEvent): void {
    const { outbox, log } = this.#context;
    const { pending } = outbox;
    if (!(pending instanceof LoggedEvents && pending.log === log && pending.add(event)))
      outbox.postpone(new LoggedEvents(log, event, (events) => this.#commit(events)));
  }

  /** Appends a message to other processes at once, after what the program has sent so far. */
  tell(message: readonly unknown[]): void {
    this.#context.outbox.settle();
    this.#commit([toldEvent(message)]);
  }

  /** Delivers what stands in the log by now. */
  catchUp(): MaybePromise<void> {
    const { outbox, log } = this.#context;
    outbox.settle();
    if (log.isRemote && !this.interest.isOn) return log.fences.whenDelivered();
    this.#hasMore = true;
    this.#goOn();
    const delivered = log.fences.whenDelivered() ?? (this.#isBusy ? Promise.resolve() : undefined);
    // A fence or a listener that asks gets the records right after it. A flight that begins from now on stands in the log after them.
    return delivered?.then(() => log.fences.whenDelivered() ?? this.#reading);
  }

  #commit(events: readonly LoggedEvent[]): void {
    const { log } = this.#context;
    const appended = log.append(events);
    if (!(appended instanceof Promise)) {
      if (!this.#isBusy && this.#flights.length === 0 && (!appended || appended.previous === log.offset)) {
        this.#deliver(events, appended?.offsets);
        if (this.#hasMore || this.#flights.length > 0) this.#goOn();
        return;
      }
      // A log that answers at once may fail. The application learns of it, and clients still get the events.
      this.#takeOff({ events, answer: appended ?? { previous: log.offset, offsets: [] } });
      this.#goOn();
      return;
    }
    const flight: Flight = { events, answer: undefined, appended };
    this.#takeOff(flight);
    whenResolved(
      appended,
      (answer) => {
        flight.answer = answer ?? 'failed';
        // Nobody may say here when the home takes events again, because the link stays, or the clients are on other nodes.
        if (!answer) log.lost.tellSoon();
        this.#goOn();
      },
      throwLater,
    );
  }

  #takeOff(flight: Flight): void {
    this.#flights.push(flight);
    this.#context.log.fences.begin();
  }

  /** Delivers what can be delivered: flights in their order, and before each the records of others that stand before it. */
  #goOn(): void {
    const { log } = this.#context;
    while (!this.#isBusy) {
      const [flight] = this.#flights;
      const [answer, batch] = [flight?.answer, this.#nextTold()];
      if (batch && batch.previous <= log.offset && !log.beginning) {
        this.#told.shift();
        this.#busily(() => this.#handOutPage({ records: batch.records, hasGap: false }, undefined));
      } else if (flight && !answer) {
        return;
      } else if (!flight || !answer) {
        // Without a flight, a batch that does not follow means that an earlier one was not told. Both stand in the log.
        if (!this.#hasMore && !batch) return;
        this.#told = [];
        this.#read(undefined);
      } else if (answer !== 'failed' && (log.beginning || (answer.previous > log.offset && this.#isWanted))) {
        this.#read(answer.previous);
      } else {
        this.#flights.shift();
        // A reading may have ended for this flight.
        if (answer === 'failed') this.#hasMore = true;
        else this.#deliverFlight(flight.events, answer);
        // A fence may have the log read. The records are delivered after the last fence of the flight.
        this.#isBusy = true;
        log.fences.end();
        this.#isBusy = false;
      }
    }
  }

  /** Counts records before a flight as delivered. A process that does not hear a remote log has nothing of it in memory. */
  #leaveOut(previous: Offset): void {
    const { log } = this.#context;
    if (log.isRemote && !this.interest.isOn) log.advance(previous);
    else log.skip(previous);
  }

  #deliverFlight(events: readonly LoggedEvent[], { previous, offsets }: Appended): void {
    this.#leaveOut(previous);
    const last = offsets.at(-1);
    const { offset: delivered } = this.#context.log;
    // A page that was read late may have had the first ones.
    if (last === undefined) this.#deliver(events, undefined);
    else if (last > delivered) {
      const from = offsets.findIndex((offset) => offset > delivered);
      this.#deliver(events.slice(from), offsets.slice(from));
    }
  }

  /** Returns the oldest batch of others with a record that was not delivered yet. */
  #nextTold(): Batch | undefined {
    const { offset } = this.#context.log;
    let [batch] = this.#told;
    while (batch && (batch.records.at(-1)?.offset ?? '') <= offset) {
      this.#told.shift();
      [batch] = this.#told;
    }
    return batch;
  }

  #deliver(events: readonly LoggedEvent[], offsets: readonly Offset[] | undefined): void {
    this.#busily(() => this.#handOut(events, offsets));
  }

  /** Delivers something; what a listener emits meanwhile comes after it. Messages that a fence has postponed come before it, for late readers too. */
  #busily(deliver: () => void): void {
    if (this.#context.log.isRemote) this.#context.outbox.settle();
    this.#isBusy = true;
    try {
      deliver();
    } finally {
      this.#isBusy = false;
    }
  }

  #handOut(events: readonly LoggedEvent[], offsets: readonly Offset[] | undefined): void {
    const { log, rooms, policies } = this.#context;
    if (rooms.isEmpty) {
      for (const offset of offsets ?? []) log.advance(offset);
      return;
    }
    for (let at = 0; at < events.length; ) {
      const previous = log.offset;
      const { target } = events[at] as LoggedEvent;
      const packets: EncodedPacket[] = [];
      // Consecutive events to the same room go to its members together.
      do {
        const event = events[at] as LoggedEvent;
        const offset = offsets?.[at] ?? log.offset;
        const marked = log.mark(event, offset);
        if (marked.length > 0) this.#context.describe(marked, event, offset);
        for (const packet of marked) packets.push(packet);
        log.passOwn(event, offset);
        at += 1;
      } while (at < events.length && isSameRoom(target, (events[at] as LoggedEvent).target));
      if (packets.length === 0) continue;
      const policy = policies?.of(target.rooms);
      rooms.forEach(target, (recipient) => recipient.sendLogged(packets, previous, policy));
      // Every recipient has the form of its wire by now. Packets that wait in an outbox should not keep the other forms alive.
      for (const packet of packets) packet.source = undefined;
    }
  }

  /** Reads and delivers records, up to `until` or to the end of the log. */
  #read(until: Offset | undefined): void {
    this.#isBusy = true;
    const { log, rooms } = this.#context;
    // A socket that joins before the end is known receives the events up to that end, unless it could wait no longer for it.
    const known = this.#isWanted ? log.beginning : log.advanceToEnd(() => rooms.isEmpty && this.#flights.length === 0);
    const isLater = known instanceof Promise;
    const read = isLater ? known.then(() => log.beginning).then(() => this.#readPages(until)) : this.#readPages(until);
    this.#isBusy = read instanceof Promise;
    if (!(read instanceof Promise)) return;
    const reading: Promise<void> = read.then((isShort) => {
      this.#isBusy = false;
      if (this.#reading === reading) this.#reading = undefined;
      this.#goOn();
      // The caller also waits for records that came meanwhile and are read now, and for a flight that has to bring the rest.
      const rest = isShort ? log.fences.whenDelivered() : undefined;
      return rest ? rest.then(() => this.#reading) : this.#reading;
    });
    this.#reading = reading;
  }

  /** Gives `true` if a flight has begun before the end was reached. */
  #readPages(until: Offset | undefined): MaybePromise<true | undefined> {
    const { log } = this.#context;
    try {
      while (this.#isWanted) {
        if (until === undefined) {
          // An event of this process may stand in the page from now on.
          if (this.#flights.length > 0) return true;
          this.#hasMore = false;
        }
        const { erasures } = log;
        const page = log.readOnce(log.offset, PAGE);
        if (page instanceof Promise) {
          return page.then(
            (read) => {
              if (erasures !== log.erasures) this.#hasMore = true;
              // The page may have a flight that has begun meanwhile, and what stands after it. It is then read again, up to the flight.
              else if (until !== undefined || this.#flights.length === 0)
                if (this.#handOutPage(read, until)) return this.#finish(until);
              return this.#readPages(until);
            },
            (error: unknown) => this.#fail(error, until),
          );
        }
        if (this.#handOutPage(page, until)) break;
      }
      return this.#finish(until);
    } catch (error) {
      return this.#fail(error, until);
    }
  }

  #finish(until: Offset | undefined): undefined {
    if (until === undefined) this.#hasMore = false;
    else this.#context.log.skip(until);
  }

  /** Records could not be read. The members read for themselves what the next flight would overtake, and are told if that fails, too. */
  #fail(error: unknown, until: Offset | undefined): undefined {
    const { log, rooms } = this.#context;
    const after = log.offset;
    log.report(error);
    this.#finish(until);
    if (until !== undefined) rooms.forEach(EVERYBODY, (recipient) => recipient.readFrom(after));
  }

  /** Delivers a page; `true` when nothing is known to stand after it, or `until` is reached. */
  #handOutPage({ records, hasGap }: Page, until: Offset | undefined): boolean {
    const { log, rooms, policies } = this.#context;
    if (hasGap) this.#tellGap(records[0], until);
    for (let at = 0; at < records.length; ) {
      const previous = log.offset;
      const first = records[at] as StoredRecord;
      if (isBeyond(first, until)) return true;
      const packets: EncodedPacket[] = [];
      let record: StoredRecord | undefined = first;
      do {
        if (record.offset > log.offset && !log.take(record) && !rooms.isEmpty) {
          const encoded = log.encode(record);
          if (policies?.isNoting) noteEvent(encoded, keyOf(nameOf(record), record.rooms, record.key), record.offset);
          for (const packet of encoded) packets.push(packet);
        }
        log.pass(record);
        at += 1;
        record = records[at];
      } while (record && isSameNames(first, record) && !isBeyond(record, until));
      if (packets.length === 0) continue;
      const policy = policies?.of(first.rooms);
      rooms.forEach(targetOf(first), (recipient) => recipient.sendLogged(packets, previous, policy));
    }
    return records.length < PAGE && (until !== undefined || !this.#hasMore);
  }

  /** The log was trimmed before this process came to it: each socket reads for itself, and is told by that what is missing. */
  #tellGap(first: StoredRecord | undefined, until: Offset | undefined): void {
    const { log, rooms } = this.#context;
    const after = log.offset;
    if (first && !isBeyond(first, until)) log.skipTo(first);
    else if (until !== undefined) log.skip(until);
    else log.advanceToEnd(() => this.#flights.length === 0);
    rooms.forEach(EVERYBODY, (recipient) => recipient.readFrom(after));
  }
}
