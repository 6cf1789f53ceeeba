/** The course of one client: compares the received events with those that it had to receive. */
import { decodeOffset } from '../../../src/backplane/backplane.js';
import { fingerprint, type Kept, type NamespaceTruth, type Truth, Violation } from './truth.js';

/** Facts about the client of a course. */
export interface CourseOptions {
  readonly name: string;
  readonly namespace: string;
  /** The rooms of the client from the start. */
  readonly rooms: readonly string[];
  /** Whether the client resumes after its last event, whatever happened to its socket, as plain events and STOMP do. */
  readonly isLog: boolean;
  /** Whether the client receives only the messages of its rooms, from the first one on, as STOMP does. */
  readonly isTopic: boolean;
  /** The time, in milliseconds since the Unix epoch. */
  now(): number;
  /** The oldest sequence in the log, or one more than the newest when the log is empty. */
  oldest(): number;
}

/** A reported gap. */
export interface Gap {
  readonly after: unknown;
  readonly before: unknown;
}

/** A session may begin with events that were on their way to its server, and not with older ones. */
const OLD_MS = 60_000;

/** Counts of a course. */
export interface CourseCounts {
  events: number;
  connects: number;
  recoveries: number;
  gaps: number;
  volatiles: number;
}

/**
 * Checks at each event and at the end: every received event is in the log and for this client, in rising order and once. The
 * events between two received ones are for others, or were reported as lost. An epoch is the time of one session, which begins
 * with the event `hello`.
 */
export class Course {
  readonly options: CourseOptions;
  readonly counts: CourseCounts = { events: 0, connects: 0, recoveries: 0, gaps: 0, volatiles: 0 };
  readonly #truth: Truth;
  readonly #log: NamespaceTruth;
  readonly #volatile = new Set<string>();
  /** The socket of the epoch, or '' before the first. */
  #socketId = '';
  #hasBegun = false;
  /** Whether the `hello` of the epoch has arrived. */
  #isGreeted = false;
  /** The start of the session. */
  #connectedAt = 0;
  /** The sequence of the newest event. */
  #last = 0;
  /** The newest event. */
  #lastId: string | undefined = undefined;
  /** Events up to this sequence were reported as lost. */
  #forgivenTo = 0;
  /** Whether the next reported gap belongs to the previous epoch. */
  #isGapPast = false;

  constructor(truth: Truth, options: CourseOptions) {
    this.options = options;
    this.#truth = truth;
    this.#log = truth.of(options.namespace);
  }

  /** The id of the client's newest event. */
  get lastId(): string | undefined {
    return this.#lastId;
  }

  /** The sequence of the client's newest event; 0 before the first. */
  get last(): number {
    return this.#last;
  }

  /** Whether the client has the event or a later one. */
  isBehind(id: unknown): boolean {
    return (this.#truth.sequenceOf(String(id)) ?? Number.POSITIVE_INFINITY) <= this.#last;
  }

  /** Whether the events of the session have begun. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** The client is connected, as the socket of that id. */
  onConnect(socketId: string, isRecovered: boolean): void {
    if (isRecovered) {
      this.counts.recoveries += 1;
      if (socketId !== this.#socketId) this.#fail(`was recovered as ${socketId}, and was ${this.#socketId}`);
      // Reports from now on belong to the new epoch, even if the one for the previous epoch never arrived.
      this.#isGapPast = false;
      return;
    }
    this.counts.connects += 1;
    this.#socketId = socketId;
    if (this.options.isLog && this.#hasBegun) return;
    this.#hasBegun = false;
    this.#isGreeted = false;
    this.#connectedAt = this.options.now();
    this.#lastId = undefined;
    this.#isGapPast = true;
  }

  /** The client received an event of the application. */
  onEvent(args: readonly unknown[]): void {
    const [id] = args;
    const sequence = this.#truth.sequenceOf(String(id));
    const record = sequence === undefined ? undefined : this.#log.at(sequence);
    if (sequence === undefined || !record?.sent) {
      this.#fail(`got ${String(id)}, which is not in the log of ${this.options.namespace}`);
      return;
    }
    this.counts.events += 1;
    if (sequence === this.#last) this.#fail(`got ${String(id)} twice`);
    if (sequence < this.#last) this.#fail(`got ${String(id)} (${sequence}) after ${this.#lastId} (${this.#last})`);
    if (record.sent.print !== fingerprint(args.slice(1))) this.#fail(`got ${String(id)} with other arguments`);
    if (!this.#mayGet(record)) this.#fail(`got ${String(id)}, which is for ${record.rooms} without ${record.except}`);
    if (this.#hasBegun) this.#expectNoneMissing(sequence);
    else if (this.options.isTopic) this.#hasBegun = true;
    else if (record.at < this.#connectedAt - OLD_MS) this.#fail(`is new, and got ${String(id)}, which is old`);
    this.#last = sequence;
    this.#lastId = String(id);
  }

  /** The client received its first event as a socket. */
  onHello(args: readonly unknown[], socketId: unknown): void {
    if (this.options.isLog) this.#socketId = String(socketId);
    if (socketId !== this.#socketId) this.#fail(`is ${this.#socketId}, and was greeted as ${String(socketId)}`);
    this.onEvent(args);
    if (this.#isGreeted && !this.options.isLog) this.#fail('was greeted twice');
    this.#isGreeted = true;
    this.#hasBegun = true;
  }

  /** The client received a volatile event. */
  onVolatile(id: unknown): void {
    this.counts.volatiles += 1;
    if (this.#volatile.has(String(id))) this.#fail(`got the volatile ${String(id)} twice`);
    this.#volatile.add(String(id));
  }

  /** The client received the report of a gap. */
  onGap({ after, before }: Gap): void {
    this.counts.gaps += 1;
    const from = decodeOffset(after) ?? -1;
    const to = before === null ? this.#log.end + 1 : (decodeOffset(before) ?? -1);
    if (from < 0 || to <= from) this.#fail(`was told of a gap from ${String(after)} to ${String(before)}`);
    // A client whose session was not found lost what came after its offset, whatever the log still has.
    if (this.#isGapPast && !this.#hasBegun) {
      this.#isGapPast = false;
      return;
    }
    if (this.options.oldest() <= from + 1) this.#fail(`was told of a gap after ${from}, and nothing is missing`);
    if (!this.#hasBegun) this.#beginBehind(from);
    if (from > this.#last) this.#expectNoneMissing(from + 1);
    this.#forgivenTo = Math.max(this.#forgivenTo, to - 1);
  }

  /** The log dropped the first events of the session before they were read. The greeting is lost with them, or arrives later. */
  #beginBehind(sequence: number): void {
    this.#hasBegun = true;
    this.#last = Math.max(this.#last, sequence);
  }

  /** Nothing is on its way any more: the client must have everything. */
  expectAll(): void {
    if (!this.#hasBegun && this.options.isTopic) return;
    if (!this.#hasBegun) this.#fail('was not greeted');
    this.#expectNoneMissing(this.#log.end + 1);
  }

  #expectNoneMissing(before: number): void {
    for (let sequence = Math.max(this.#last, this.#forgivenTo) + 1; sequence < before; sequence += 1) {
      const record = this.#log.at(sequence);
      if (!record?.sent || !this.#mustGet(record)) continue;
      this.#fail(`lost ${record.sent.id} (${sequence}, for ${record.rooms}) after ${this.#lastId} (${this.#last})`);
    }
  }

  #mayGet(record: Kept): boolean {
    if (this.#isLeftOut(record)) return false;
    if (this.#isOwn(record)) return true;
    return this.#truth.staysOf(this.#socketId).some(({ room, mayFrom, leftBy }) => {
      const end = this.#truth.sequenceOf(leftBy) ?? Number.POSITIVE_INFINITY;
      return record.rooms.includes(room) && record.sequence > mayFrom && record.sequence < end;
    });
  }

  #mustGet(record: Kept): boolean {
    if (this.#isLeftOut(record)) return false;
    // Each connection of these clients is a new socket, so the messages to the previous one are lost with it.
    if (this.options.isLog) return this.#isForRooms(record);
    if (this.#isOwn(record)) return true;
    return this.#truth.staysOf(this.#socketId).some(({ room, enteredBy, mustTo }) => {
      const start = this.#truth.sequenceOf(enteredBy) ?? Number.POSITIVE_INFINITY;
      return record.rooms.includes(room) && record.sequence > start && record.sequence <= mustTo;
    });
  }

  #isForRooms({ rooms }: Kept): boolean {
    if (rooms.length === 0) return !this.options.isTopic;
    return rooms.some((room) => this.options.rooms.includes(room));
  }

  #isOwn(record: Kept): boolean {
    return this.#isForRooms(record) || record.rooms.includes(this.#socketId);
  }

  #isLeftOut({ except }: Kept): boolean {
    return except.some((room) => room === this.#socketId || this.options.rooms.includes(room));
  }

  #fail(what: string): void {
    throw new Violation(`${this.options.name}: ${what}`);
  }
}
