/** The sizes and times of the messages of a namespace, for retention and for the extent of a log. */
import type { NatsConnection } from '../connection.js';
import type { Group } from './group.js';
import { readMessages } from './messages.js';
import { headOf } from './pages.js';

/** Consecutive messages. */
export interface Mark {
  readonly first: number;
  /** Number of records of the first message. */
  readonly firstCount: number;
  readonly last: number;
  readonly count: number;
  readonly bytes: number;
  /** When the oldest record was made, in milliseconds since the Unix epoch. */
  readonly at: number;
}

/** Marks of one namespace. Beyond that, small ones next to each other are joined. */
const MARKS_MAX = 8_192;

/** The messages of one namespace. It is read once, and only later messages are read after that. */
export class LogIndex {
  #marks: Mark[] = [];
  #seq = 0;
  #erasures = 0;
  #subject = '';
  #count = 0;
  #bytes = 0;
  #hasLeftovers = false;

  /** Number of records. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of all batches. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether the stream had messages, when it was read, that retention has removed by its notes only. */
  get hasLeftovers(): boolean {
    return this.#hasLeftovers;
  }

  /** The oldest messages. */
  get oldest(): Mark | undefined {
    return this.#marks[0];
  }

  /**
   * Reads what was added since it was last read. Rewritten batches make it read everything, and so do the first
   * messages for single tags.
   */
  async refresh(connection: NatsConnection, group: Group, name: string): Promise<void> {
    await group.sync(connection);
    const { stream, erasures } = group;
    const { subject, sideSubject } = group.namespace(name);
    if (erasures !== this.#erasures || subject !== this.#subject) this.#clear();
    const found = new Map<number, Mark>();
    const read = (from: number, of: string, isSide: boolean): Promise<boolean> =>
      readMessages(connection, { stream, subject: of, from, isBrief: true }, (message) => {
        const seq = isSide ? Number(message.subject.split('.').at(-1)) : message.seq;
        const { count, at } = headOf(message.header('Nats-Msg-Id'));
        const bytes = Number(message.header('Nats-Msg-Size') ?? 0);
        found.set(seq, { first: seq, firstCount: count, last: seq, count, bytes, at });
        return true;
      });
    await read(this.#seq + 1, subject, false);
    if (this.#seq === 0) await read(1, `${sideSubject}.*`, true);
    this.#erasures = erasures;
    this.#subject = subject;
    const { trimmed } = group.namespace(name);
    this.#hasLeftovers = [...found.values()].some(({ last }) => last <= trimmed);
    for (const mark of [...found.values()].sort((one, other) => one.last - other.last))
      if (mark.last > Math.max(trimmed, this.#seq)) this.#add(mark);
    this.dropTo(trimmed);
  }

  /** Forgets the messages up to a sequence. */
  dropTo(seq: number): void {
    while ((this.#marks[0]?.last ?? Number.POSITIVE_INFINITY) <= seq) this.dropOldest();
  }

  /** Forgets the oldest messages. */
  dropOldest(): void {
    const mark = this.#marks.shift();
    this.#count -= mark?.count ?? 0;
    this.#bytes -= mark?.bytes ?? 0;
  }

  #add(mark: Mark): void {
    this.#marks.push(mark);
    this.#seq = mark.last;
    this.#count += mark.count;
    this.#bytes += mark.bytes;
    if (this.#marks.length > MARKS_MAX) this.#join();
  }

  #join(): void {
    const most = this.#bytes / (MARKS_MAX / 8);
    const joined: Mark[] = [];
    for (const mark of this.#marks) {
      const before = joined.at(-1);
      if (!before || before.bytes + mark.bytes > most) {
        joined.push(mark);
        continue;
      }
      const { first, firstCount, at } = before;
      const [count, bytes] = [before.count + mark.count, before.bytes + mark.bytes];
      joined[joined.length - 1] = { first, firstCount, last: mark.last, count, bytes, at };
    }
    this.#marks = joined;
  }

  #clear(): void {
    this.#marks = [];
    this.#seq = 0;
    this.#count = 0;
    this.#bytes = 0;
  }
}
