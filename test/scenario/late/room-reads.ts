/**
 * A random log that two processes write, and readings of a few rooms in it: by late readers, by history and of messages
 * between processes. Each reading is compared with the whole log, as the home gives it.
 */
import {
  type Backplane,
  type Offset,
  type StoredRecord,
  ZERO_OFFSET,
} from '../../../packages/naru/src/backplane/backplane.js';
import { isErased, isGapRecord, TOLD_ROOM } from '../../../packages/naru/src/backplane/own-records.js';
import type { Clock } from '../../../packages/naru/src/base/clock.js';
import { carryOut } from '../../../packages/naru/src/base/steps/answer.js';
import { DIALECT_V5, StandardCodec } from '../../../packages/naru/src/namespace/event/codec.js';
import { History, type HistoryRecords } from '../../../packages/naru/src/namespace/history/history.js';
import { EffectiveRooms } from '../../../packages/naru/src/namespace/log/effective-rooms.js';
import { RoomIndex } from '../../../packages/naru/src/namespace/log/late/room-index.js';
import { NamespaceLog } from '../../../packages/naru/src/namespace/log/namespace-log.js';
import { LogDelivery } from '../../../packages/naru/src/namespace/log/order/log-delivery.js';
import type { LogRecipient } from '../../../packages/naru/src/namespace/log/order/sending.js';
import { isFor } from '../../../packages/naru/src/namespace/log/records.js';
import { ChangeRange } from '../../../packages/naru/src/namespace/recovery/change-range.js';
import { EVERYBODY, Rooms } from '../../../packages/naru/src/namespace/rooms.js';
import { Outbox } from '../../../packages/naru/src/session/outbox.js';
import type { SeededRandom } from '../../../packages/testing/src/seeded-random.js';

/** A home under test. */
export interface ReadHome {
  readonly clock: Clock;
  /** The home as its processes open it. */
  readonly nodes: readonly Backplane[];
  /** Waits for an answer of the home, while time passes. */
  wait<T>(answer: Promise<T>): Promise<T>;
  /** Appends and readings of the course. */
  readonly steps: number;
  /** Makes the home lose its newest records. */
  lose?(): void;
}

const BUSY = ['busy-1', 'busy-2', 'busy-3'];
const QUIET = ['quiet-1', 'quiet-2', 'quiet-3', 'quiet-4'];
const WIDE = Array.from({ length: 40 }, (_, n) => `wide-${n}`);
const EVERYTHING = 1_000_000;
/** Milliseconds of the newest records that a home can lose, and more. */
const TAIL_MS = 100;

/** A process that hears the log. Its only member is in no room. */
class Node {
  readonly log: NamespaceLog;
  readonly delivery: LogDelivery;
  readonly history: History;
  readonly changes: ChangeRange;
  readonly #outbox: Outbox;

  constructor(clock: Clock, { log }: Backplane, indexedRoomsMax: number) {
    const codec = new StandardCodec(DIALECT_V5, {});
    const outbox = new Outbox(clock);
    this.#outbox = outbox;
    const rooms = new Rooms<LogRecipient>(10);
    rooms.add({ id: 'member', isInOwnRoom: false, joinedRooms: undefined, sendLogged() {}, readFrom() {} } as never);
    this.log = new NamespaceLog('/', log, {
      ...{ clock, codec, indexedRoomsMax },
      // A home that is away says so, and is asked again.
      onLogError: () => undefined,
      onRefresh: () => this.delivery.catchUp(),
      onTold: (_message, offset) => this.#note(offset),
    });
    this.delivery = new LogDelivery({
      ...{ outbox, codec },
      rooms: new EffectiveRooms(rooms),
      log: this.log,
      describe: () => undefined,
    });
    const settings = { eventsMax: 1_000, bytesMax: 1_000_000, recordsMax: EVERYTHING };
    this.history = new History('/', this.log, { clock, history: settings, settle: () => outbox.settle() });
    this.changes = new ChangeRange(this.log);
    this.delivery.follow();
  }

  emit(n: number, rooms: readonly string[], except: readonly string[], by: string): void {
    const target = { rooms: new Set(rooms), except: new Set(except), flags: { by } };
    this.delivery.keep({ type: 2, nsp: '/', data: ['n', n] }, target);
  }

  /** Tells the other processes of a change, and makes it at its place in the log. */
  tell(room: string): void {
    this.delivery.tell(['act', 'x', [[room], [], true], 'join', ['r']]);
    this.settle();
    const { fences } = this.log;
    if (fences.isClosed) fences.run(() => this.#note(this.log.offset));
    else this.#note(this.log.offset);
  }

  #note(offset: Offset): void {
    this.changes.add({ offset, target: EVERYBODY, action: ['join', ['r']] });
  }

  settle(): void {
    this.#outbox.settle();
  }
}

/** The way of a reader, and the records that it asks for at once. */
interface Way {
  readonly from: Offset;
  readonly until: Offset;
  readonly limit: number;
}

/** The records that a reader got on its way. */
interface Reading {
  readonly got: readonly StoredRecord[];
  readonly hasGap: boolean;
}

/** A course of appends, erasures, losses, restarts and readings. */
export class RoomReads {
  readonly #home: ReadHome;
  readonly #random: SeededRandom;
  readonly #nodes: Node[];
  /** Reads everything, because it keeps no index. */
  readonly #plain: Node;
  /** All records that were ever in the log, as they were at first. */
  readonly #ever: StoredRecord[] = [];
  #count = 0;
  /** Whether records are erased while readers read them. */
  #isErasing = false;
  /** When records were last erased. */
  #erasedAt = 0;
  /** Readings by the index. A course without any shows nothing. */
  found = 0;

  constructor(home: ReadHome, random: SeededRandom) {
    this.#home = home;
    this.#random = random;
    this.#nodes = home.nodes.map((_, at) => this.#open(at, 10_000));
    this.#plain = this.#open(0, 0);
  }

  #open(at: number, indexedRoomsMax: number): Node {
    const opened = new Node(this.#home.clock, this.#home.nodes[at] as Backplane, indexedRoomsMax);
    // Otherwise, a small index has all records of so short a log.
    if (indexedRoomsMax > 0) Object.assign(opened.log.pages, { index: new RoomIndex(indexedRoomsMax, 0) });
    const { index } = opened.log.pages;
    const { find, findBack } = index;
    index.find = (...args) => this.#counted(find.apply(index, args));
    index.findBack = (...args) => this.#counted(findBack.apply(index, args));
    return opened;
  }

  #counted<T>(found: T): T {
    if (found) this.found += 1;
    return found;
  }

  /** Runs the course. Returns what was wrong. */
  async run(): Promise<string[]> {
    const wrong: string[] = [];
    for (let step = 0; step < this.#home.steps && wrong.length === 0; step += 1) {
      this.#append();
      if (this.#random.chance(0.1)) await this.#home.wait(this.#erase());
      if (this.#random.chance(0.05)) this.#restart();
      // Without the message that tells of an erasure, a process keeps what was erased in its memory.
      if (this.#random.chance(0.03) && this.#home.clock.now() > this.#erasedAt + TAIL_MS) this.#home.lose?.();
      for (let count = this.#random.integer(1, 4); count > 0; count -= 1) {
        await this.#catchUp();
        this.#isErasing = this.#random.chance(0.1);
        const answers = [this.#checkReader(), this.#checkReader(), this.#checkHistory(), this.#checkChanges()];
        // Records come while the log is read.
        if (this.#random.chance(0.5)) this.#append();
        if (this.#isErasing) answers.push(this.#erase());
        wrong.push(...(await this.#home.wait(Promise.all(answers))).flat());
      }
    }
    return wrong;
  }

  #append(): void {
    const random = this.#random;
    for (let count = random.integer(1, 90); count > 0; count -= 1) {
      const node = random.pick(this.#nodes);
      const from = random.pick(this.#nodes);
      this.#count += 1;
      const kind = random.integer(0, 99);
      const except = random.chance(0.1) ? [random.pick([...QUIET, ...BUSY])] : [];
      if (kind < 2) node.tell(random.pick(QUIET));
      else if (kind < 3 && node.log.home.keepsAtOnce) void node.log.tell(['took', 'x']);
      else if (kind < 4) from.emit(this.#count, WIDE, except, 'ann');
      else if (kind < 6) from.emit(this.#count, [], except, 'ann');
      else if (kind < 12) from.emit(this.#count, [random.pick(QUIET)], except, 'bob');
      else if (kind < 14) from.emit(this.#count, [random.pick(QUIET), random.pick(BUSY)], except, 'ann');
      else from.emit(this.#count, [random.pick(BUSY)], except, 'ann');
      if (random.chance(0.3)) from.settle();
    }
    for (const node of this.#nodes) node.settle();
  }

  async #erase(): Promise<string[]> {
    const random = this.#random;
    const what = random.pick([
      { room: random.pick(QUIET) },
      { by: 'bob' },
      { offset: this.#ever.at(-random.integer(1, 50))?.offset ?? ZERO_OFFSET },
    ]);
    await random
      .pick(this.#nodes)
      .log.erase(what)
      .catch(() => 0);
    this.#erasedAt = this.#home.clock.now();
    return [];
  }

  #restart(): void {
    const at = this.#random.integer(0, this.#nodes.length - 1);
    this.#nodes[at]?.log.close();
    this.#nodes[at] = this.#open(at, this.#random.pick([10_000, 10_000, 5, 1]));
  }

  /** Waits until all processes have delivered everything, and notes the new records. */
  async #catchUp(): Promise<void> {
    for (const { delivery } of [...this.#nodes, this.#plain])
      await this.#home.wait(Promise.resolve(delivery.catchUp()));
    const last = this.#ever.at(-1)?.offset ?? ZERO_OFFSET;
    for (const record of await this.#home.wait(this.#all(last))) this.#ever.push(record);
  }

  /** Returns the records that the home has after an offset. */
  async #all(after: Offset): Promise<readonly StoredRecord[]> {
    const { log } = this.#home.nodes[0] as Backplane;
    return (await log.read('/', after, EVERYTHING)).records;
  }

  #pickRooms(): Set<string> {
    const rooms = this.#random.chance(0.8) ? QUIET : [...QUIET, ...BUSY, 'wide-7'];
    return new Set(rooms.filter(() => this.#random.chance(0.4)));
  }

  async #checkReader(): Promise<string[]> {
    const { log } = this.#random.pick(this.#nodes);
    const from = this.#random.pick([ZERO_OFFSET, ...this.#ever.map(({ offset }) => offset)]);
    const rooms = this.#pickRooms();
    const until = log.offset;
    const limit = this.#random.pick([1, 5, 20, 64]);
    const first = await this.#read(log, { from, until, limit }, rooms);
    // Another reader gets the same records.
    const { got, hasGap } = this.#random.chance(0.3) ? await this.#read(log, { from, until, limit }, rooms) : first;
    const there = new Map((await this.#all(ZERO_OFFSET)).map((record) => [record.offset, record]));
    const isLost = (offset: Offset): boolean => !there.has(offset);
    const due = this.#ever
      .filter(({ offset }) => offset > from && offset <= until)
      .filter((record) => isFor(record, rooms));
    const name = `[${[...rooms]}] after ${from} up to ${until}`;
    const wrong: string[] = [];
    const found = new Map(got.map((record) => [record.offset, record]));
    if (found.size < got.length) wrong.push(`${name}: a record twice`);
    if (got.some(({ offset }, at) => offset <= (got[at - 1]?.offset ?? from))) wrong.push(`${name}: not in order`);
    for (const record of due) {
      const { offset } = record;
      if (!found.has(offset) && !(isLost(offset) && (hasGap || this.#isTold(got, offset))))
        wrong.push(`${name}: ${offset} is missing`);
    }
    const known = new Set(due.map(({ offset }) => offset));
    for (const { offset, event } of got) {
      if (!known.has(offset)) wrong.push(`${name}: ${offset} is not for it`);
      const now = there.get(offset);
      if (now && isErased(now) && event !== now.event && !this.#isErasing) wrong.push(`${name}: ${offset} was erased`);
    }
    return wrong;
  }

  /** Whether a gap record after a lost record tells of it. */
  #isTold(got: readonly StoredRecord[], lost: Offset): boolean {
    return got.some((record) => record.offset > lost && isGapRecord(record)) || this.#home.lose !== undefined;
  }

  async #read(log: NamespaceLog, { from, until, limit }: Way, rooms: ReadonlySet<string>): Promise<Reading> {
    const got: StoredRecord[] = [];
    let [place, hasGap] = [from, false];
    while (place < until) {
      const page = await log.pages.read(place, limit, until, rooms);
      hasGap ||= page.hasGap;
      const records = page.records.filter(({ offset }) => offset <= until);
      // Records that several readers get go to them as they are.
      for (const record of records) if (page.isShared || isFor(record, rooms)) got.push(record);
      const passed = page.passed ?? page.records.at(-1)?.offset ?? until;
      if (passed <= place) throw new Error(`a reader stays at ${place}`);
      place = passed;
    }
    return { got, hasGap };
  }

  async #checkHistory(): Promise<string[]> {
    const random = this.#random;
    const { history, log } = random.pick(this.#nodes);
    const place = (): Offset | undefined => (random.chance(0.5) ? random.pick(this.#ever)?.offset : undefined);
    const before = place() ?? log.offset;
    const after = place();
    const isOn = after !== undefined && random.chance(0.5);
    const rooms = new Set([random.pick([...QUIET, ...QUIET, ...BUSY])]);
    // Newer records may come between the two readings.
    const query = {
      rooms,
      limit: random.integer(1, 40),
      ...(!isOn && { before }),
      ...(after !== undefined && { after }),
      upTo: log.offset,
    };
    const show = ({ records, hasMore, hasGap }: HistoryRecords): string =>
      JSON.stringify([records.map(({ offset, event }) => [offset, event]), isOn || hasMore, hasGap]);
    let [found, due] = ['', ''];
    // Between the two readings, retention may remove records.
    for (let tries = 0; tries < 3; tries += 1) {
      found = show(await history.readRecords(query));
      due = show(await this.#plain.history.readRecords(query));
      if (found === due) return [];
    }
    return [`history of ${[...rooms]} ${JSON.stringify(query)}: ${found} instead of ${due}`];
  }

  async #checkChanges(): Promise<string[]> {
    const { log, changes } = this.#random.pick(this.#nodes);
    const after = this.#random.pick([ZERO_OFFSET, ...this.#ever.map(({ offset }) => offset)]);
    const until = log.offset;
    const found: readonly { readonly offset: Offset }[] = await carryOut(changes.read(after));
    const there = (await this.#all(ZERO_OFFSET)).filter(
      ({ offset, event, rooms }) =>
        offset > after && offset <= until && rooms[0] === TOLD_ROOM && event.startsWith('["act",'),
    );
    const got = new Set(found.map(({ offset }) => offset));
    const missing = there.filter(({ offset }) => !got.has(offset));
    return missing.length === 0 ? [] : [`changes after ${after}: ${missing[0]?.offset} is missing`];
  }
}
