/** The stream of a group of namespaces, and what a node knows of it. */

import { type Offset, readStoredObject, ZERO_OFFSET } from 'naru/backplane';
import { decodeUtf8, encodeUtf8 } from 'naru/base';
import { openStream } from '../await-stream.js';
import type { KeptMessage, NatsConnection, Stored } from '../connection.js';
import { type NatsNames, nameOf, tokenOf } from '../names.js';
import type { NatsSettings } from '../options.js';
import type { UplinkParts } from '../uplink.js';
import { MessageCache } from './message-cache.js';
import { readMessages, removeMessages } from './messages.js';
import { type NamespaceState, NamespaceStates } from './namespace-states.js';
import { baseAt, Numbers, type Place } from './numbers.js';

/** Subjects of the records that a stream has beside its logs. */
const OWN = 'own';
const BASE = 'base';
const SIDE = 'side';
const TRIM = 'trim';

/** Description of our streams, with the version of the format. */
const DESCRIPTION = 'Naru log, version 1';
const NANOS = 1_000_000;
/** The share of a message in the average. */
const AVERAGE_SHARE = 1 / 64;
/** For so long, a stream takes each message once. */
export const DUPLICATES_MS = 120_000;
/** Base records that a node knows of until it looks for those that nobody needs. */
const BASES_MAX = 64;

/** A stream, over all uplinks. */
export class Group {
  readonly number: number;
  readonly stream: string;
  readonly #names: NatsNames;
  numbers = new Numbers();
  readonly cache = new MessageCache();
  readonly #states: NamespaceStates;
  /** The newest of the stream's own records that this node has read. */
  #ownSeq = 0;
  /** The newest base record among them, and its time. */
  baseSeq = 0;
  #baseMs = 0;
  /** The number of base records, and that from which unneeded ones are looked for. */
  #bases = 0;
  #basesMax = BASES_MAX;
  /** The newest sequence that this node has heard of. */
  newestSeq = 0;
  /** The base record of an uplink that was or is being written. */
  #begun: { readonly connection: NatsConnection; readonly done: Promise<void> } | undefined;
  /** Rises when a rewritten batch is found. */
  erasures = 0;
  /** The average records of a message. Newer messages count for more. */
  #average = 1;

  constructor(number: number, names: NatsNames) {
    this.number = number;
    this.#names = names;
    this.stream = names.logStream(number);
    this.#states = new NamespaceStates((name) => ({
      subject: names.logSubject(number, 'log', tokenOf(name)),
      sideSubject: names.logSubject(number, OWN, SIDE, tokenOf(name)),
    }));
  }

  /** Returns what is known of a namespace. */
  namespace(name: string): NamespaceState {
    return this.#states.get(name);
  }

  /** The subject on which base records are told. */
  get basePush(): string {
    return this.#names.pushSubject(this.number, OWN, BASE);
  }

  /** The beginning of the subjects on which messages of logs are told. */
  get pushPrefix(): string {
    return this.#names.pushSubject(this.number, 'log');
  }

  /** Notes a message. */
  note(state: NamespaceState, seq: number, count: number): void {
    this.newestSeq = Math.max(this.newestSeq, seq);
    this.#average += (count - this.#average) * AVERAGE_SHARE;
    if (seq > state.newest.seq) state.newest = { seq, count };
  }

  /**
   * Returns the place of an offset. Base records that this node has not read matter only after the messages that it
   * knows of, and for an offset that stands before all base records that it has read.
   */
  async placeOf(connection: NatsConnection, offset: Offset): Promise<Place | undefined> {
    const place = this.numbers.place(offset);
    const isBeforeAll = place?.seq === 0 && offset !== ZERO_OFFSET;
    if (!place || (place.seq <= this.newestSeq + 1 && !isBeforeAll)) return place;
    await this.sync(connection);
    return this.numbers.place(offset);
  }

  /** Returns an offset about so many records before another one. */
  earlier(offset: Offset, records: number): Offset {
    return this.numbers.earlier(offset, this.messagesWith(records));
  }

  /** Returns about how many messages have so many records. */
  messagesWith(records: number): number {
    return Math.ceil(records / Math.max(1, this.#average));
  }

  /**
   * Makes the stream if it is missing, reads what it tells of itself, and hears what it tells from now on. Throws
   * ConfigError for a stream of somebody else.
   */
  async open(connection: NatsConnection, settings: NatsSettings): Promise<void> {
    const config = this.#config(settings);
    const known = { base: this.baseSeq, ms: this.#baseMs, newest: this.newestSeq };
    // Base records that are told before the check has ended are read after it. If the connection breaks before that,
    // the next one checks the same.
    let isChecked = false;
    const end = connection.subscribe(this.basePush, ({ body, header }) => {
      if (isChecked) this.takeBase(Number(header('Nats-Sequence')), body);
    });
    try {
      const info = await openStream(connection, settings.clock, this.stream, config);
      if (info.state.last_seq < known.newest || (await this.#isRewritten(connection, known))) this.#forget();
      isChecked = true;
      await this.sync(connection);
    } catch (error) {
      end();
      throw error;
    }
  }

  /** Reads the records of the stream that were written since it last did. */
  async sync(connection: NatsConnection): Promise<void> {
    const subject = this.#names.logSubject(this.number, OWN, '>');
    await readMessages(connection, { stream: this.stream, subject, from: this.#ownSeq + 1 }, (message) => {
      this.#takeOwn(message);
      return true;
    });
  }

  /** Writes the base record of an uplink, once. After a failure, the next call tries again. */
  begin(connection: NatsConnection, ms: number): Promise<void> {
    if (this.#begun?.connection === connection) return this.#begun.done;
    const begun = { connection, done: this.#writeBase(connection, ms) };
    begun.done.catch(() => {
      if (this.#begun === begun) this.#begun = undefined;
    });
    this.#begun = begun;
    return begun.done;
  }

  /** Takes a base record that was told. */
  takeBase(seq: number, data: Uint8Array): void {
    const ms = numberIn(data, 'ms');
    if (ms !== undefined) this.addBase(seq, ms);
  }

  /**
   * Takes a base record by its time. One that comes after later messages may stand where the stream has lost a message.
   * Then what this node remembers of messages does not hold.
   */
  addBase(seq: number, ms: number): void {
    const isNew = this.numbers.add(baseAt(seq, ms));
    if (isNew && seq <= this.newestSeq) {
      this.cache.clear();
      this.#states.forgetNewest();
    }
    this.newestSeq = Math.max(this.newestSeq, seq);
    if (seq <= this.baseSeq) return;
    this.baseSeq = seq;
    this.#baseMs = ms;
    this.#bases += 1;
  }

  /** Notes in the stream that retention removes the messages of a namespace up to one. */
  async trim({ connection, clock }: UplinkParts, state: NamespaceState, seq: number): Promise<void> {
    const subject = this.#names.logSubject(this.number, OWN, TRIM, tokenOf(state.name));
    const body = encodeUtf8(JSON.stringify({ v: 1, seq }));
    // The base record takes the first sequence that was lost.
    const note = (): Promise<Stored> => this.begin(connection, clock.now()).then(() => connection.store(subject, body));
    let noted = await note().catch(() => undefined);
    this.#noteTrimmed(state.name, seq);
    const { stream } = this;
    const remove = (before: number) => removeMessages(connection, { stream, subject: state.subject, before });
    if (!noted) {
      // A stream that was full has room now. While the last message stands, no node removes its base record.
      await remove(seq);
      noted = await note().catch(() => undefined);
    }
    await remove(seq + 1);
    const newest = noted ?? (await note());
    await removeMessages(connection, { stream, subject, before: newest.seq });
    const { sides } = this.namespace(state.name);
    for (const original of sides.keys()) {
      if (original > seq) continue;
      sides.delete(original);
      await removeMessages(connection, { stream, subject: `${state.sideSubject}.${original}` });
    }
    await this.#removeBases(connection);
  }

  /** A rewritten batch stands for a message from now on. */
  addSide(name: string, original: number, seq: number): void {
    const { sides } = this.namespace(name);
    if ((sides.get(original) ?? 0) >= seq) return;
    sides.set(original, seq);
    this.cache.delete(original);
    this.erasures += 1;
  }

  /** Returns the offset of the last record of a message. */
  offset(seq: number): Offset {
    return this.numbers.offset(seq);
  }

  #takeOwn({ seq, subject, body }: KeptMessage): void {
    this.#ownSeq = Math.max(this.#ownSeq, seq);
    const [kind, token = '', original = ''] = subject.split('.').slice(4);
    if (kind === BASE) this.takeBase(seq, body);
    this.newestSeq = Math.max(this.newestSeq, seq);
    if (kind === TRIM) this.#noteTrimmed(nameOf(token), numberIn(body, 'seq') ?? 0);
    if (kind === SIDE) this.addSide(nameOf(token), Number(original), seq);
  }

  #noteTrimmed(name: string, seq: number): void {
    const state = this.namespace(name);
    state.trimmed = Math.max(state.trimmed, seq);
  }

  async #writeBase(connection: NatsConnection, ms: number): Promise<void> {
    const { seq } = await connection.store(this.#baseSubject, encodeUtf8(JSON.stringify({ v: 1, ms })));
    this.addBase(seq, ms);
  }

  /**
   * Whether the stream has lost messages, and is again as long as before. The first message after a loss is the base
   * record of its uplink. Known base records that nobody needs may be gone, and then it costs only time to forget.
   */
  async #isRewritten(
    connection: NatsConnection,
    { base, ms, newest }: { readonly base: number; readonly ms: number; readonly newest: number },
  ): Promise<boolean> {
    if (newest === 0) return false;
    const subject = this.#baseSubject;
    const [known, next] = await Promise.all(
      [base, base + 1].map((seq) => connection.get(this.stream, { next_by_subj: subject, seq: Math.max(1, seq) })),
    );
    const isThere = base === 0 || (known?.seq === base && numberIn(known.body, 'ms') === ms);
    return !isThere || (next !== undefined && next.seq <= newest);
  }

  /**
   * Removes base records that give no message its numbers any more. The offsets of removed and rewritten messages keep
   * theirs, so a client with an older offset is still told of its gap.
   */
  async #removeBases(connection: NatsConnection): Promise<void> {
    if (this.#bases <= this.#basesMax) return;
    const { stream, numbers } = this;
    const logs = this.#names.logSubject(this.number, 'log', '>');
    const first = await connection.get(stream, { next_by_subj: logs, seq: 1 });
    // Messages that were removed before this one have been noted by now.
    await this.sync(connection);
    if (numbers !== this.numbers) return;
    const needed = new Set<number>();
    for (const seq of this.#states.gone()) needed.add(numbers.baseOf(seq)?.seq ?? 0);
    const before = numbers.baseOf(first?.seq ?? Number.POSITIVE_INFINITY)?.seq ?? 0;
    await removeMessages(connection, { stream, subject: this.#baseSubject, before }, needed);
    numbers.keep((seq) => seq >= before || needed.has(seq));
    this.#bases = numbers.size;
    this.#basesMax = Math.max(BASES_MAX, 2 * this.#bases);
  }

  get #baseSubject(): string {
    return this.#names.logSubject(this.number, OWN, BASE);
  }

  /** The stream has lost messages. Its sequences are given out again, so nothing that is known of them holds. */
  #forget(): void {
    this.numbers = new Numbers();
    this.cache.clear();
    this.#states.clear();
    this.#ownSeq = 0;
    this.baseSeq = 0;
    this.#baseMs = 0;
    this.#bases = 0;
    this.newestSeq = 0;
    this.#begun = undefined;
    this.erasures += 1;
  }

  #config({ replicas }: NatsSettings) {
    const subject = this.#names.logSubject(this.number, '>');
    return {
      description: DESCRIPTION,
      subjects: [subject],
      retention: 'limits',
      storage: 'file',
      discard: 'new',
      num_replicas: replicas,
      duplicate_window: DUPLICATES_MS * NANOS,
      allow_direct: true,
      republish: { src: subject, dest: this.#names.pushSubject(this.number, '>') },
    };
  }
}

function numberIn(data: Uint8Array, name: string): number | undefined {
  const value = readStoredObject(decodeUtf8(data), 'a record of the log')?.[name];
  return typeof value === 'number' ? value : undefined;
}
