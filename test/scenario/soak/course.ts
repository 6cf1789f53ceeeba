/** The course of one client: compares the received events with those that it had to receive. */
import { decodeOffset } from '../../../packages/naru/src/backplane/backplane.js';
import { type CourseOptions, PATIENCE_MS } from './course-options.js';
import { DirectedRoom } from './directed-room.js';
import { type Ask, Entries, type Page } from './entries.js';
import { DIRECTED_ROOM } from './plan.js';
import { Stays } from './stays.js';
import { fingerprint, type Kept, type NamespaceTruth, type Sent, type Truth, Violation } from './truth.js';

/** A reported gap. */
export interface Gap {
  readonly after: unknown;
  readonly before: unknown;
}

/** Milliseconds for which a question is on its way at most. */
const QUESTION_MS = 12_000;

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
 * Checks at each event and at the end: every received event is in the log and for this client, in rising order and
 * once. The events between two received ones are for others, or were reported as lost. An epoch is the time of one
 * session, which begins with the event `hello`.
 */
export class Course {
  readonly options: CourseOptions;
  readonly entries: Entries;
  readonly counts: CourseCounts = { events: 0, connects: 0, recoveries: 0, gaps: 0, volatiles: 0 };
  readonly #truth: Truth;
  readonly #stays: Stays;
  readonly #directed: DirectedRoom;
  readonly #log: NamespaceTruth;
  readonly #volatile = new Set<string>();
  /** The events that it got, each with its socket of that time. */
  readonly heard = new Set<string>();
  /** The socket of the epoch, or '' before the first. */
  #socketId = '';
  #hasBegun = false;
  /** Whether the session had begun before the newest connection. */
  #hadBegun = false;
  /** Whether events have come before the answer to CONNECT. */
  #isAhead = false;
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
  /** Up to here it reads what it missed before its newest reconnect, by the rooms that were written of it. */
  #resumedTo = 0;
  /** When it was connected last, in milliseconds since the Unix epoch. */
  #resumedAt = 0;
  /**
   * Records for this client that the home has lost before the client had them, and of whose loss it was not told yet.
   */
  readonly #owed = new Set<Kept>();
  /** Events that the client has from the home that has lost them. Their servers may have appended them again. */
  readonly #early = new Set<Sent>();
  /** The gaps that it was told of: the last record before each, and the first one after it. */
  readonly #gaps: (readonly [after: number, before: number])[] = [];
  /** Up to here, a subscription was told of a loss. */
  #toldTo = 0;
  /** Whether the next reported gap belongs to the previous epoch. */
  #isGapPast = false;
  /** The end of the log when the epoch began. */
  #epochAfter = 0;

  constructor(truth: Truth, options: CourseOptions) {
    this.options = options;
    this.#truth = truth;
    this.#log = truth.of(options.namespace);
    this.entries = new Entries(truth, options);
    this.#stays = new Stays(truth, options);
    this.#directed = new DirectedRoom(truth, options, this.#stays, (sequence) => this.isToldOf(sequence));
  }

  get lastId(): string | undefined {
    return this.#lastId;
  }

  /** The sequence of the client's newest event; 0 before the first. */
  get last(): number {
    return this.#last;
  }

  /** The id of its newest socket that it knows of. */
  get socketId(): string {
    return this.#socketId;
  }

  /** Whether the client has the event or a later one. */
  isBehind(id: unknown): boolean {
    return (this.#truth.sequenceOf(String(id)) ?? Number.POSITIVE_INFINITY) <= this.#last;
  }

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** The client is connected, as the socket of that id. */
  onConnect(socketId: string, isRecovered: boolean): void {
    this.#resumedTo = isRecovered ? this.#log.end : 0;
    this.#resumedAt = this.options.now();
    if (!this.#isAhead) this.#hadBegun = this.#hasBegun;
    this.#isAhead = false;
    if (isRecovered) {
      this.counts.recoveries += 1;
      if (socketId !== this.#socketId) this.#fail(`was recovered as ${socketId}, and was ${this.#socketId}`);
      // Reports from now on belong to the new epoch, even if the one for the previous epoch never arrived.
      this.#isGapPast = false;
      this.entries.resume(this.#last);
      return;
    }
    this.counts.connects += 1;
    this.entries.reset();
    this.#socketId = socketId;
    if (this.options.isLog && this.#hasBegun) return;
    this.#hasBegun = false;
    this.#hadBegun = false;
    this.#isGreeted = false;
    this.#connectedAt = this.options.now();
    this.#lastId = undefined;
    this.#isGapPast = true;
    this.#epochAfter = this.#log.end;
  }

  /** The client missed the events that come now. Over polling they come before the answer to CONNECT. */
  onMissed(): void {
    if (!this.#isAhead) this.#hadBegun = this.#hasBegun;
    this.#isAhead = true;
    this.#resumedTo = this.#log.end;
  }

  /** The client received an event of the application, with the offset that it has on its wire, if any. */
  onEvent(args: readonly unknown[], offset?: string): void {
    const [id] = args;
    const sequence = this.#placeOf(String(id), offset);
    const record = sequence === undefined ? undefined : this.#log.at(sequence);
    if (sequence === undefined || !record?.sent) {
      this.#fail(`got ${String(id)}, which is not in the log of ${this.options.namespace}`);
      return;
    }
    this.counts.events += 1;
    this.heard.add(`${this.#socketId} ${String(id)}`);
    // A server whose home has lost an event may have shown it before it was appended again.
    if (sequence <= this.#last && this.#truth.wasForgotten(String(id))) return;
    if (sequence === this.#last) this.#fail(`got ${String(id)} twice`);
    if (sequence < this.#last) this.#fail(`got ${String(id)} (${sequence}) after ${this.#lastId} (${this.#last})`);
    if (record.sent.print !== fingerprint(args.slice(1))) this.#fail(`got ${String(id)} with other arguments`);
    if (!this.#mayGet(record)) this.#fail(`got ${String(id)}, which is for ${record.rooms} without ${record.except}`);
    if (record.isForgotten) this.#early.add(record.sent);
    if (this.#isSign(record)) this.#directed.note(this.#socketId, record, true);
    if (this.#hasBegun) this.#expectNoneMissing(sequence);
    else if (this.options.isTopic) this.#hasBegun = true;
    else if (record.at < this.#connectedAt - OLD_MS) this.#fail(`is new, and got ${String(id)}, which is old`);
    this.#last = sequence;
    this.#lastId = String(id);
    this.entries.onEvent(record, this.#socketId, sequence <= this.#resumedTo);
  }

  /** Returns the place of an event that arrived. A server may still have a copy that the home has lost since. */
  #placeOf(id: string, offset: string | undefined): number | undefined {
    const lost = this.#log.at(decodeOffset(offset) ?? 0);
    return lost?.isForgotten && lost.sent?.id === id ? lost.sequence : this.#truth.sequenceOf(id);
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

  /**
   * It got a word of its server that has a place among the events. Earlier events of that server have come before,
   * unless the client read late, or the server had waited for the log for too long.
   */
  onWord(word: string): void {
    const asked = this.#truth.questionAt(word);
    if (asked !== undefined) {
      const isUnsure = this.options.wasUnsure(this.options.node(), this.options.now() - QUESTION_MS);
      const isLenient = !this.#hasBegun || this.options.isLog || asked <= this.#resumedTo || isUnsure;
      if (!isLenient && !this.options.isLate(this.#socketId)) this.#expectNoneMissing(asked, `the question ${word}`);
      return;
    }
    const said = this.#truth.wordOf(word);
    // A word of another server is one that the client gets again.
    if (said?.place.node !== this.options.node()) return;
    if (!this.#hasBegun || this.options.isLog || said.at <= this.#resumedAt || said.late.has(this.#socketId)) return;
    if (this.#isPatient(said.at) || this.options.isLate(this.#socketId)) return;
    const sequence = this.#truth.sequenceAt(said.place);
    if (sequence === undefined) this.#fail(`got the word ${word} before what was emitted earlier is in the log`);
    else this.#expectNoneMissing(sequence + 1, `the word ${word}`);
  }

  /** Whether the server may have stopped waiting for the log, for something that it said at a time. */
  #isPatient(at: number): boolean {
    const { node, now, wasSlow, wasUnsure } = this.options;
    return now() - at >= PATIENCE_MS || wasSlow(node(), at) || wasUnsure(node(), at - PATIENCE_MS);
  }

  /** The server put it out at that time, after the event `lastId`. */
  onEnd(lastId: string | undefined, at: number): void {
    const sequence = this.#truth.sequenceOf(lastId);
    if (lastId === undefined || !this.#hasBegun || this.#isPatient(at) || this.options.leftLate(this.#socketId)) return;
    if (sequence === undefined) this.#fail(`was put out before its last event ${lastId} was in the log`);
    else if (sequence > this.#last) this.#fail(`was put out without its last event ${lastId}`);
  }

  /** The client received the page of a room that it enters. */
  onPage(ask: Ask, page: Page): void {
    this.entries.onPage(ask, page, this.#last, this.#forgivenTo);
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
    // A client whose session was not found lost what came after its offset, whatever the log still has. It is told
    // again until it has an event.
    const isWhole = before === null && from <= this.#epochAfter && this.options.oldest() <= from + 1;
    if ((this.#isGapPast && !this.#hasBegun) || (isWhole && !this.#hadBegun)) {
      this.#isGapPast = false;
      this.#hadBegun = true;
      // The home may have lost something just then. One report tells of both.
      this.#gaps.push([from, to]);
      return;
    }
    // A client that has more than the log is told, too. A subscription is told at the page that it reads.
    const { isTopic } = this.options;
    const suspects = isTopic ? this.#log.kept : this.#log.kept.slice(Math.max(0, from - 1), to - 1);
    const isLost = suspects.some(({ isForgotten }) => isForgotten);
    if (isTopic && isLost) this.#toldTo = this.#log.end;
    // A late client that another server puts out has a second to read on.
    const isPutOut = before === null && this.options.wasPutOut(this.#socketId);
    if (this.options.oldest() <= from + 1 && !isLost && !isPutOut && !this.#isErased(from, to))
      this.#fail(`was told of a gap after ${from} and before ${to}, and nothing is missing`);
    // If the session has not begun, the greeting is lost with its first events, or arrives later.
    if (!this.#hasBegun) this.#last = Math.max(this.#last, from);
    this.#hasBegun = true;
    if (from > this.#last) this.#expectNoneMissing(from + 1);
    // A reader that has passed over lost records names the last of them.
    let first = from;
    while (this.#log.at(first)?.isForgotten) first -= 1;
    this.#forgivenTo = Math.max(this.#forgivenTo, to - 1);
    this.#gaps.push([first, to]);
    for (const record of this.#owed)
      if (isTopic || (record.sequence > first && record.sequence < to)) this.#owed.delete(record);
  }

  /** Whether an event between two others was erased that may be for the client. */
  #isErased(after: number, before: number): boolean {
    for (let sequence = after + 1; sequence < before; sequence += 1) {
      const record = this.#log.erased.has(sequence) ? this.#log.at(sequence) : undefined;
      if (record && this.#mayGet(record)) return true;
    }
    return false;
  }

  /** Nothing is on its way any more: the client must have everything. */
  expectAll(): void {
    const { isTopic, isLiving } = this.options;
    if (!this.#hasBegun && (isTopic || this.#truth.isGreetingLost(this.#socketId, isLiving))) return;
    if (!this.#hasBegun) this.#fail('was not greeted');
    this.#expectNoneMissing(this.#log.end + 1);
    const unmade = this.#stays.unmade(this.#socketId);
    if (unmade) this.#fail(`was not told of a change that server ${unmade.node} could not write`);
    for (const { sent, sequence } of this.#owed) {
      this.#owed.clear();
      // Nobody else may have known of an event whose server is gone, or that was appended again.
      if (!sent || this.#truth.sequenceOf(sent.id) !== sequence || !this.options.isLiving(sent.node)) continue;
      this.#fail(`was not told that ${sent.id} (${sequence}) was lost by the home of the log`);
    }
  }

  /** Whether the client was told that it misses what stands at a place. */
  isToldOf(sequence: number): boolean {
    return this.#gaps.some(([after, before]) => sequence > after && sequence < before);
  }

  #expectNoneMissing(before: number, by = ''): void {
    for (let sequence = Math.max(this.#last, this.#forgivenTo) + 1; sequence < before; sequence += 1) {
      const record = this.#log.at(sequence);
      const isMissing = record?.sent !== undefined && this.#mustGet(record) && !this.#early.has(record.sent);
      if (record && !isMissing && this.#isSign(record)) this.#directed.note(this.#socketId, record, false);
      if (!record?.sent || !isMissing) continue;
      if (record.isForgotten) {
        if (record.sequence > this.#toldTo && !this.isToldOf(record.sequence)) this.#owed.add(record);
        continue;
      }
      const what = by === '' ? 'lost' : `got ${by} before`;
      this.#fail(`${what} ${record.sent.id} (${sequence}, for ${record.rooms}) behind ${this.#lastId} (${this.#last})`);
    }
  }

  #mayGet(record: Kept): boolean {
    if (this.#isLeftOut(record)) return false;
    if (this.#isOwn(record) || this.entries.mayGet(record)) return true;
    if (this.options.isLog && this.#truth.isComing(record, this.options.name)) return true;
    if (record.rooms.includes(DIRECTED_ROOM)) return this.#directed.isIn(this.#socketId, record) ?? true;
    return this.#stays.mayGet(this.#socketId, record, this.#resumedTo);
  }

  #mustGet(record: Kept): boolean {
    if (this.#isLeftOut(record)) return false;
    // Each connection of these clients is a new socket, so the messages to the previous one are lost with it.
    if (this.options.isLog) return this.#isForRooms(record);
    if (this.#isOwn(record) || this.entries.mustGet(record)) return true;
    if (record.rooms.includes(DIRECTED_ROOM)) return this.#directed.isIn(this.#socketId, record) ?? false;
    return this.#stays.mustGet(this.#socketId, record, this.#resumedTo);
  }

  /** Whether the client gets a record only if it is in the directed room. */
  #isSign({ rooms, isForgotten, sequence }: Kept): boolean {
    return rooms.length === 1 && rooms[0] === DIRECTED_ROOM && !isForgotten && !this.#log.erased.has(sequence);
  }

  #isForRooms({ rooms }: Kept): boolean {
    if (rooms.length === 0) return !this.options.isTopic;
    return rooms.some((room) => this.options.rooms.includes(room));
  }

  #isOwn(record: Kept): boolean {
    return this.#isForRooms(record) || record.rooms.includes(this.#socketId);
  }

  #isLeftOut({ except }: Kept): boolean {
    // Before the greeting it may not be in its rooms yet.
    if (!this.#hasBegun) return except.includes(this.#socketId);
    return except.some((room) => room === this.#socketId || this.options.rooms.includes(room));
  }

  #fail(what: string): void {
    throw new Violation(`${this.options.name}: ${what}`);
  }
}
