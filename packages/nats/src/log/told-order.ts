/**
 * Puts what a stream tells of a namespace into the order of the log. Messages for every node come on one subject, and
 * those for the nodes with one tag on another. A message names the one before it to the same subject. Nothing in it
 * says what stands before it on another subject, and a server may tell of them in another order than it has stored
 * them. So the stream is asked about a subject that has not come as far as another one. A node that listens to many
 * tags asks for one message of the namespace after the other instead.
 */
import { tellBatch } from '@naru/broker';
import { attempt, firstPast } from 'naru/base';
import type { KeptMessage } from '../connection.js';
import type { UplinkParts } from '../uplink.js';
import { BASE_HEADER, EVERY_NODE, type Group, TAGS_HEADER } from './group.js';
import { headOf } from './pages.js';

/** A message that the stream has told of. */
type Told = Pick<KeptMessage, 'seq' | 'body' | 'header'>;

/** A message that waits for its place. */
interface Waiting extends Told {
  /** The last part of its subject. */
  readonly part: string;
  /** No message to the same subject is between this one and it. */
  readonly previous: number;
}

/** A wait for all messages before one. It ends with the sequence of the newest of these. */
interface Wait {
  readonly seq: number;
  end(newest?: number): void;
}

/** Messages that wait for their place. With more, the node reads the log instead. */
const WAITING_MAX = 256;
/** Tags about which the stream is asked. With more, the node asks for the next message of any subject. */
const TAGS_MAX = 4;
/** Stands for all subjects of the namespace. */
const ANY = '*';
/** Messages that are found one by one before the node reads the log. */
const FOUND_MAX = 32;
/** A sequence after all others. */
const NEVER = Number.POSITIVE_INFINITY;
/** The passed messages that are remembered. An answer is read at most a few messages after it has come. */
const RECENT_MAX = 1_024;

/** The messages of one namespace that one uplink hears. */
export class ToldOrder {
  readonly #parts: UplinkParts;
  readonly #group: Group;
  readonly #namespace: string;
  /** The tags of which the uplink is told, and the sequences after which it is. */
  readonly #tags = new Map<string, number>();
  /** Up to these sequences, nothing on the subjects is missing. A tag is among them once it may have messages. */
  readonly #known = new Map<string, number>();
  /** The subjects about which the stream is being asked. */
  readonly #asked = new Set<string>();
  /** By rising sequence. */
  #waiting: Waiting[] = [];
  readonly #waits = new Set<Wait>();
  /** The newest message that was told before the order began. */
  #early = 0;
  /** Whether the node had to read the log before the order began. */
  #isBehind = false;
  /** Up to this sequence, nothing may be missing, although no message waits. */
  #goal = 0;
  /**
   * The sequences of the messages that have passed, as they rise. The first one stands for all up to there, which the
   * node has read or is left to read.
   */
  #recent: number[] = [];
  #passed = 0;
  #restarts = 0;
  /** Whether nothing passes, because a mark that there are messages for tags may have been left out. */
  #isHeld = false;
  #isOver = false;

  constructor(parts: UplinkParts, group: Group, namespace: string) {
    this.#parts = parts;
    this.#group = group;
    this.#namespace = namespace;
  }

  /** Up to this sequence, everything for this node has passed or is left for reading. */
  get passed(): number {
    return this.#passed;
  }

  /** Up to this sequence, nothing is missing on any subject. */
  get #complete(): number {
    return this.#known.size === 0 ? 0 : Math.min(...this.#known.values());
  }

  /**
   * After `seq`, the uplink is told of messages for every node, and of those for some tags. Any mark up to `seq` is
   * known. Returns the sequence up to which the node has to read those for the tags: messages after `seq` may have
   * passed already.
   */
  begin(seq: number, tags: readonly string[]): number {
    const isFirst = this.#known.size === 0;
    const from = Math.max(seq, this.#passed);
    if (isFirst) this.#known.set(EVERY_NODE, from);
    if (isFirst) [this.#passed, this.#recent] = [from, [from]];
    for (const tag of tags) this.#tags.set(tag, from);
    // A node that was there before may have read before these were stored.
    if (isFirst && (this.#isBehind || this.#early > 0)) attempt(() => this.#parts.handler.onMore(this.#namespace));
    this.look(this.#early);
    return from;
  }

  /** The stream has told of a message after `previous` to the same subject. */
  async take(part: string, told: Told, previous: number): Promise<void> {
    const { connection } = this.#parts;
    const [group, namespace] = [this.#group, this.#namespace];
    const { seq, body, header } = told;
    const isUnknown = (): boolean => Number(header(BASE_HEADER)) > group.baseSeq;
    if (isUnknown()) await group.sync(connection).catch(() => connection.break());
    if (this.#isOver) return;
    if (isUnknown()) {
      this.restart(seq);
      return;
    }
    group.note(group.namespace(namespace), seq, headOf(header('Nats-Msg-Id')).count);
    // A message for a tag shows that there are some, even if the mark got lost.
    if (part !== EVERY_NODE || header(TAGS_HEADER) !== undefined) group.addTags(namespace);
    // Nothing says what of the other subjects stands before it, but nothing stands between two sequences.
    if (part === ANY || !this.#isWide) this.#add({ seq, body, header, part, previous });
    else this.#add({ seq, body, header, part: ANY, previous: seq - 1 });
  }

  /** The node has to read the log: there may be messages up to a sequence that do not come. */
  restart(seq: number): void {
    if (this.#known.size === 0) {
      this.#isBehind = true;
      return;
    }
    this.#restarts += 1;
    for (const [part, known] of this.#known) this.#known.set(part, Math.max(known, seq));
    this.#passed = Math.max(this.#passed, seq);
    this.#recent = [this.#passed];
    this.#waiting = this.#waiting.filter((told) => told.seq > seq);
    attempt(() => this.#parts.handler.onMore(this.#namespace));
    if (this.#group.hasTags(this.#namespace)) this.#advance();
    else void this.#lookForMark();
  }

  /**
   * Resolves when everything before a message has passed, with the sequence of the newest of that. Gives `undefined` if
   * the node has to read the log instead.
   */
  async before(seq: number): Promise<number | undefined> {
    if (this.#isOver || this.#known.size === 0) return undefined;
    if (this.#passed >= seq - 1 && !this.#isHeld) return this.#newestBefore(seq);
    return new Promise((end) => {
      this.#waits.add({ seq, end });
      this.#ask();
    });
  }

  /** The log has a message at a sequence. The node learns what it lacks up to there, or that it lacks nothing. */
  look(seq: number): void {
    this.#goal = Math.max(this.#goal, seq);
    this.#advance();
  }

  /** Resolves when the node has learnt that. */
  async reach(seq: number): Promise<void> {
    this.look(seq);
    await this.before(seq + 1);
  }

  /** The uplink does not follow the namespace any more. */
  end(): void {
    this.#isOver = true;
    this.#endWaits();
  }

  get #isWide(): boolean {
    return this.#known.has(ANY);
  }

  /** The newest message that has passed, or the place where the order began or began anew. */
  get #newest(): number {
    return this.#recent.at(-1) as number;
  }

  #newestBefore(seq: number): number | undefined {
    return this.#recent.findLast((each) => each < seq);
  }

  #endWaits(): void {
    const waits = [...this.#waits];
    this.#waits.clear();
    for (const { end } of waits) end();
  }

  /** A mark among messages that do not come is read from what the stream says of itself. */
  async #lookForMark(): Promise<void> {
    const { connection } = this.#parts;
    if (this.#isHeld) return;
    this.#isHeld = true;
    for (let looked = -1; looked !== this.#restarts; ) {
      looked = this.#restarts;
      await this.#group.sync(connection).catch(() => connection.break());
    }
    this.#isHeld = false;
    this.#advance();
  }

  /** From here on, there may be messages for one tag alone. */
  #beginTags(): void {
    if (!this.#group.hasTags(this.#namespace) || this.#isWide) return;
    if (this.#tags.size > TAGS_MAX) {
      this.#goal = Math.max(this.#goal, this.#waiting.at(-1)?.seq ?? 0);
      this.#waiting = [];
      this.#known.clear();
      this.#known.set(ANY, this.#passed);
      return;
    }
    for (const [tag, since] of this.#tags) {
      if (this.#known.has(tag)) continue;
      this.#known.set(tag, Math.max(this.#passed, since));
      this.#follow(tag);
    }
  }

  #add(told: Waiting): void {
    const { seq, part, previous } = told;
    const hasBegun = this.#known.has(part) || (this.#known.size > 0 && this.#tags.has(part));
    if (!hasBegun) {
      this.#early = Math.max(this.#early, seq);
      return;
    }
    const at = firstPast(this.#waiting, (each) => each.seq >= seq);
    const isThere = this.#waiting[at]?.seq === seq;
    if (seq <= (this.#known.get(part) ?? 0)) {
      // The stream has said that nothing is there, because the message was removed or rewritten meanwhile.
      const isSkipped = !isThere && seq > (this.#recent[0] ?? NEVER) && this.#newestBefore(seq + 1) !== seq;
      if (isSkipped) this.restart(this.#group.newestSeq);
      return;
    }
    // An answer of the stream reaches further back.
    if (!isThere || previous < (this.#waiting[at] as Waiting).previous) this.#waiting.splice(at, isThere ? 1 : 0, told);
    this.#follow(part);
    if (this.#waiting.length > WAITING_MAX) this.restart(this.#group.newestSeq);
    else this.#advance();
  }

  /** Goes from one message of a subject to the next, as far as they have come. */
  #follow(part: string): void {
    let known = this.#known.get(part);
    if (known === undefined) return;
    for (const told of this.#waiting)
      if (told.part === part && told.previous <= known && told.seq > known) known = told.seq;
    this.#known.set(part, known);
  }

  /** Passes on the messages before which nothing is missing. */
  #advance(): void {
    if (this.#isOver || this.#isHeld || this.#known.size === 0) return;
    this.#beginTags();
    for (let [next] = this.#waiting; next && next.seq <= this.#complete; [next] = this.#waiting) {
      this.#waiting.shift();
      if (next.seq <= this.#passed) continue;
      this.#passed = next.seq;
      this.#pass(next);
      this.#beginTags();
    }
    this.#passed = Math.max(this.#passed, this.#complete);
    if (this.#goal > 0 && this.#goal <= this.#passed) this.#reach();
    for (const wait of this.#waits) {
      if (wait.seq - 1 > this.#passed) continue;
      this.#waits.delete(wait);
      wait.end(this.#newestBefore(wait.seq));
    }
    this.#ask();
  }

  #pass({ seq, body, header, previous }: Waiting): void {
    const { handler } = this.#parts;
    const [group, namespace] = [this.#group, this.#namespace];
    const told = group.offset(this.#newest);
    const { count } = headOf(header('Nats-Msg-Id'));
    const isMark = header(TAGS_HEADER) !== undefined;
    if (isMark) group.mark(this.#parts.connection, namespace);
    const hasTags = group.hasTags(namespace);
    // With tags, nobody knows here what stands between two messages: only that none of it is for this node.
    group.cache.add(namespace, { seq, body, count }, hasTags ? seq - 1 : previous);
    this.#recent.push(seq);
    if (this.#recent.length > RECENT_MAX) this.#recent.splice(0, RECENT_MAX / 2);
    const before = hasTags ? group.placeBefore(seq, Math.max(1, count)) : told;
    attempt(() => {
      if (isMark) handler.onBatch(namespace, { previous: group.offset(seq), told, records: [] });
      else tellBatch(handler, namespace, before, group.numbers.last(seq), body, told);
    });
  }

  /** The log has come as far as somebody has looked, and there is nothing more for this node. */
  #reach(): void {
    const [goal, newest] = [this.#goal, this.#newest];
    this.#goal = 0;
    const { handler } = this.#parts;
    if (newest >= goal) return;
    const [previous, told] = [this.#group.offset(goal), this.#group.offset(newest)];
    attempt(() => handler.onBatch(this.#namespace, { previous, told, records: [] }));
  }

  /** Asks the stream about the subjects that are behind what has come. */
  #ask(): void {
    if (this.#isOver || this.#isHeld) return;
    let goal = Math.max(this.#goal, this.#waiting.at(-1)?.seq ?? 0);
    for (const { seq } of this.#waits) goal = Math.max(goal, seq - 1);
    for (const [part, known] of this.#known)
      if (known < goal && !this.#asked.has(part)) void this.#askAbout(part, known, goal);
  }

  /** Returns the first message to a subject after `known` that was there, as other messages have shown. */
  #expected(part: string, known: number): number {
    if (part === ANY) return this.#waiting.find(({ seq }) => seq > known)?.seq ?? NEVER;
    return this.#waiting.find((told) => told.part === part && told.previous > known)?.previous ?? NEVER;
  }

  async #askAbout(part: string, from: number, goal: number): Promise<void> {
    const { connection } = this.#parts;
    const [group, name] = [this.#group, this.#namespace];
    // All messages up to here are stored by now, so an answer without one of them says that there is none.
    const stored = Math.max(goal, group.newestSeq);
    const subject = `${group.namespace(name).prefix}${part}`;
    this.#asked.add(part);
    let known = from;
    for (let found = 0; known < goal && !this.#isOver; found += 1) {
      const missing = this.#expected(part, known);
      const asked = connection.get(group.stream, { next_by_subj: subject, seq: known + 1 });
      // The connection does not go on after an answer that cannot be read.
      const message = await asked.catch(() => connection.break());
      const { trimmed } = group.namespace(name);
      // A message that was removed or rewritten does not come. The node reads the rest, or learns of a gap.
      const isGone = missing < (message?.seq ?? NEVER) || known < trimmed;
      if (isGone || found >= FOUND_MAX) this.restart(Math.max(stored, trimmed));
      else if (message) await this.take(part, message, known);
      else if (this.#known.has(part)) this.#known.set(part, Math.max(this.#known.get(part) ?? 0, stored));
      known = this.#known.get(part) ?? goal;
    }
    this.#asked.delete(part);
    this.#advance();
  }
}
