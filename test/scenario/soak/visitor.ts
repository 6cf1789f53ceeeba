/**
 * The visits of a client to rooms that it enters with history: asks, asks again after a loss, and reports the answers
 * to its course.
 */
import type { Course } from './course.js';
import type { Page } from './entries.js';
import { Violation } from './truth.js';
import type { WorldState } from './world-state.js';

/** The parts of a visitor. */
export interface VisitorParts {
  readonly name: string;
  readonly state: WorldState;
  readonly course: Course;
  /** Milliseconds after which the session of a client that has entered is written. */
  readonly writtenMs: number;
  /** Whether an answer may be an error, because the server cannot reach the log. */
  isExcused(since: number): boolean;
  /** Sends an event. The answer is ignored after the connection is lost. Returns `false` if it cannot be sent now. */
  call(event: string, args: readonly unknown[], answered: (answer: unknown) => void): boolean;
}

/** Milliseconds until a client without an answer asks again. */
const ANSWER_MS = 12_000;
const AGAIN_MS = 500;
/** Older pages that a client reads after it has entered. */
const PAGES = 3;
/** The most attachments of a page. */
const ATTACHMENTS_MAX = 1_000;

/** The visits of one client. */
export class Visitor {
  readonly #parts: VisitorParts;
  /** The rooms in which the client wants to be, and how many events of each it asks for. */
  readonly #wanted = new Map<string, number>();
  /** Counts the connections. A connection that is lost gives no more answers. */
  #connection = 0;
  #socketId: string | undefined = undefined;
  #askCount = 0;
  /** The rooms with a request under way, by its number. */
  readonly #asking = new Map<string, number>();

  constructor(parts: VisitorParts) {
    this.#parts = parts;
  }

  /** The client wants to be in rooms. It asks for all of them at once. */
  visit(rooms: readonly string[], limit: number): void {
    for (const room of rooms) this.#wanted.set(room, limit);
    for (const room of rooms) this.#ask(room);
  }

  /** The client wants to leave a room. */
  part(room: string): void {
    const { course } = this.#parts;
    if (!this.#wanted.delete(room) || this.#socketId === undefined) return;
    this.#asking.delete(room);
    course.entries.onLeave(room, course.last);
    this.#parts.call('naru:unsubscribe', [room], () => undefined);
  }

  /** The client says something in a room, which gives it to everybody else there. */
  shout(room: string): void {
    const { course } = this.#parts;
    if (this.#socketId === undefined) return;
    this.#parts.call('shout', [room], (id) => {
      this.#note(`has its word ${String(id)} confirmed`);
      course.entries.onWord(String(id));
    });
  }

  /** The client is connected. It enters the rooms in which it is not. */
  onConnect(socketId: string): void {
    this.onLost();
    this.#socketId = socketId;
    for (const room of this.#wanted.keys()) if (!this.#parts.course.entries.isIn(room)) this.#ask(room);
  }

  /** The connection is lost. */
  onLost(): void {
    this.#connection += 1;
    this.#socketId = undefined;
    this.#asking.clear();
  }

  /** Nothing is on its way any more: the client is in all its rooms. */
  expectAll(): void {
    const { name, course } = this.#parts;
    for (const room of this.#wanted.keys())
      if (!course.entries.isIn(room)) throw new Violation(`${name}: asked to enter ${room}, and is not in it`);
  }

  #ask(room: string): void {
    const { course, state, call } = this.#parts;
    const limit = this.#wanted.get(room);
    const socketId = this.#socketId;
    if (limit === undefined || socketId === undefined) return;
    this.#askCount += 1;
    const number = this.#askCount;
    const connection = this.#connection;
    this.#asking.set(room, number);
    const said = course.entries.onAsk(room);
    const ask = { room, limit, at: state.clock.now(), socketId, seen: course.last, said };
    this.#note(`asks to enter ${room}`);
    const isOpen = (): boolean => connection === this.#connection && this.#asking.get(room) === number;
    const isSent = call('naru:subscribe', [room, { history: limit, attachmentsMax: ATTACHMENTS_MAX }], (answer) => {
      if (!isOpen()) return;
      this.#asking.delete(room);
      const { history, error } = answer as { history?: Page; error?: { code: string } };
      if (history) this.#enter(ask, history);
      else this.#refused(room, ask.at, error?.code);
    });
    state.clock.setTimeout(() => isOpen() && this.#ask(room), isSent ? ANSWER_MS : AGAIN_MS, undefined);
  }

  #enter(ask: Parameters<Course['onPage']>[0], page: Page): void {
    const { course, state, writtenMs } = this.#parts;
    const connection = this.#connection;
    const ids = page.events.map(({ args }) => String(args[0]));
    this.#note(`enters ${ask.room} with ${ids}${page.hasMore ? ' and more' : ''}${page.hasGap ? ' and a gap' : ''}`);
    course.onPage(ask, page);
    this.#readBack(ask.room, ask.limit, page.next, PAGES);
    state.clock.setTimeout(
      () => connection === this.#connection && course.entries.onWritten(ask.room),
      writtenMs,
      undefined,
    );
  }

  /** Reads some older pages, while events come. */
  #readBack(room: string, limit: number, before: string | undefined, left: number): void {
    if (before === undefined || left === 0) return;
    const connection = this.#connection;
    const query = { before, limit, attachmentsMax: ATTACHMENTS_MAX };
    this.#parts.call('naru:history', [room, query], (answer) => {
      // The client may have left the room, and then it may not read on.
      if (connection !== this.#connection || (answer as { error?: unknown }).error) return;
      const page = answer as Page;
      this.#note(`reads ${page.events.length} events of ${room} before ${before}`);
      this.#parts.course.entries.onOlder(room, limit, before, page);
      this.#readBack(room, limit, page.next, left - 1);
    });
  }

  #refused(room: string, since: number, code: string | undefined): void {
    const { name, state } = this.#parts;
    this.#note(`may not enter ${room}: ${code}`);
    const isExcused = code === 'TOO_MANY' || (code === 'FAILED' && this.#parts.isExcused(since));
    if (!isExcused) throw new Violation(`${name}: may not enter ${room}: ${code}`);
    const connection = this.#connection;
    state.clock.setTimeout(
      () => connection === this.#connection && !this.#asking.has(room) && this.#ask(room),
      AGAIN_MS,
      undefined,
    );
  }

  #note(what: string): void {
    const { name, state } = this.#parts;
    state.trace.note(`${state.clock.elapsed} ${name} ${what}`);
  }
}
