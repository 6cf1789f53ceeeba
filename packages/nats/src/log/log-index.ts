/** The sizes and times of the messages of a namespace, for retention and for the extent of a log. */

import type { KeptMessage } from '../connection.js';
import type { UplinkParts } from '../uplink.js';
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
/** Messages after which reading says that it goes on. */
const WORK = 256;

/** The parts of an uplink that reading uses. */
type Parts = Pick<UplinkParts, 'connection' | 'handler'>;

/** The messages of one namespace. It is read once, and only later messages are read after that. */
export class LogIndex {
  #marks: Mark[] = [];
  #seq = 0;
  #erasures = 0;
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

  /** Reads what was added since it was last read. Rewritten batches make it read everything. */
  async refresh({ connection, handler }: Parts, group: Group, name: string): Promise<void> {
    await group.sync(connection);
    const { stream, erasures } = group;
    const { subject, sideSubject, trimmed } = group.namespace(name);
    if (erasures !== this.#erasures) this.#clear();
    this.#erasures = erasures;
    this.#hasLeftovers = false;
    let work = 0;
    const read = (from: number, of: string, take: (message: KeptMessage) => void): Promise<boolean> =>
      readMessages(connection, { stream, subject: of, from, isBrief: true }, (message) => {
        take(message);
        work += 1;
        if (work % WORK === 0) handler.onWork?.();
        return true;
      });
    const from = this.#seq + 1;
    const found = new Map<number, Mark>();
    const takeSide = (message: KeptMessage): void => {
      const original = Number(message.subject.split('.').at(-1));
      found.set(original, markOf(message, original));
    };
    if (from === 1) await read(1, `${sideSubject}.*`, takeSide);
    const sides = [...found.values()].sort((one, other) => one.last - other.last).values();
    let side = sides.next();
    /** Adds the rewritten batches of messages up to one. */
    const addSides = (last: number): void => {
      for (; !side.done && side.value.last <= last; side = sides.next()) this.#add(side.value, trimmed);
    };
    // A namespace may have millions of messages, so none of them is kept by itself. If one is rewritten meanwhile, the
    // next refresh reads everything.
    await read(from, subject, (message) => {
      addSides(message.seq);
      this.#add(markOf(message, message.seq), trimmed);
    });
    addSides(Number.POSITIVE_INFINITY);
    this.dropTo(group.namespace(name).trimmed);
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

  /** Adds a message. A rewritten batch is added before the message that it stands for. */
  #add(mark: Mark, trimmed: number): void {
    if (mark.last <= trimmed) this.#hasLeftovers = true;
    if (mark.last <= Math.max(trimmed, this.#seq)) return;
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

function markOf({ header }: KeptMessage, seq: number): Mark {
  const { count, at } = headOf(header('Nats-Msg-Id'));
  const bytes = Number(header('Nats-Msg-Size') ?? 0);
  return { first: seq, firstCount: count, last: seq, count, bytes, at };
}
