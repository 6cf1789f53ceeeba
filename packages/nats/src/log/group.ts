/** The stream of a group of namespaces, and what a node knows of it. */

import { encodeOffset, type Offset, readStoredObject, ZERO_OFFSET } from 'naru/backplane';
import { type Bytes, decodeUtf8, encodeUtf8, getOrCreate } from 'naru/base';
import { openStream } from '../await-stream.js';
import type { KeptMessage, NatsConnection } from '../connection.js';
import { type NatsNames, nameOf, tokenOf } from '../names.js';
import type { NatsSettings } from '../options.js';
import { MessageCache } from './message-cache.js';
import { readMessages, removeMessages } from './messages.js';
import { baseAt, Numbers, type Place } from './numbers.js';

/** Subjects of the records that a stream has beside its logs. */
const OWN = 'own';
const BASE = 'base';
const SIDE = 'side';
const TRIM = 'trim';
const TAGS = 'tags';

/** The last part of the subject of messages that are for every node. That of a tag has two characters. */
export const EVERY_NODE = 'all';
/** A message with this header and no records says that later messages may be for the nodes with one tag alone. */
export const TAGS_HEADER = 'Naru-Tags';
/** The base record that the writer of a message knows. */
export const BASE_HEADER = 'Naru-Base';

/** Description of our streams, with the version of the format. */
const DESCRIPTION = 'Naru log, version 1';
const NANOS = 1_000_000;
/** The share of a message in the average. */
const AVERAGE_SHARE = 1 / 64;
/** For so long, a stream takes each message once. */
export const DUPLICATES_MS = 120_000;
/** Namespaces of a group that a node remembers although the uplink does not follow them. */
const IDLE_MAX = 1_000;

/** The facts about a namespace in a stream that a node has learned. */
export interface NamespaceState {
  readonly name: string;
  /** The beginning of the subjects of its messages, with a dot at its end. */
  readonly prefix: string;
  /** Chooses its messages: one subject, or several if some are for one tag alone. */
  subject: string;
  /** The subject of its rewritten batches. */
  readonly sideSubject: string;
  /** The sequences of rewritten batches by those of the messages that they stand for. */
  readonly sides: Map<number, number>;
  /** The newest message for which a rewritten batch has ever stood. */
  newestSide: number;
  /** The sequence of the newest message that retention has removed. */
  trimmed: number;
  /** Whether the uplink follows the namespace. */
  isFollowed: boolean;
  /** Whether this node has removed what other nodes left of earlier removals. */
  isSwept: boolean;
  /** The newest message that this node has heard of, and its number of records. */
  newest: { readonly seq: number; readonly count: number };
}

/** A stream, over all uplinks. */
export class Group {
  readonly number: number;
  readonly stream: string;
  readonly #names: NatsNames;
  numbers = new Numbers();
  readonly cache = new MessageCache();
  readonly #namespaces = new Map<string, NamespaceState>();
  /** Number of namespaces at which the idle ones are forgotten. */
  #namespacesMax = IDLE_MAX;
  /** The newest message of each namespace that retention has removed. */
  readonly #trimmed = new Map<string, number>();
  /** The namespaces that have messages for one tag alone. */
  readonly #apart = new Set<string>();
  /** Those of which a message of the stream says so, as far as each uplink knows. */
  readonly #marked = new WeakMap<NatsConnection, Set<string>>();
  /** The newest of the stream's own records that this node has read. */
  #ownSeq = 0;
  /** The newest base record among them. */
  baseSeq = 0;
  /** The newest sequence that this node has heard of. */
  newestSeq = 0;
  /** Whether this run of the node has a base record in the stream. */
  #isBased = false;
  /** Rises when a rewritten batch is found. */
  erasures = 0;
  /** The average records of a message. Newer messages count for more. */
  #average = 1;

  constructor(number: number, names: NatsNames) {
    this.number = number;
    this.#names = names;
    this.stream = names.logStream(number);
  }

  /** Returns what is known of a namespace. An idle one may be forgotten, so ask again after waiting. */
  namespace(name: string): NamespaceState {
    return getOrCreate(this.#namespaces, name, () => this.#newState(name));
  }

  #newState(name: string): NamespaceState {
    if (this.#namespaces.size >= this.#namespacesMax) this.#forgetIdle();
    const prefix = this.#names.logSubject(this.number, 'log', tokenOf(name), '');
    return {
      name,
      prefix,
      subject: `${prefix}${this.#apart.has(name) ? '*' : EVERY_NODE}`,
      sideSubject: this.#names.logSubject(this.number, OWN, SIDE, tokenOf(name)),
      sides: new Map<number, number>(),
      newestSide: 0,
      trimmed: this.#trimmed.get(name) ?? 0,
      isFollowed: false,
      isSwept: false,
      newest: { seq: 0, count: 0 },
    };
  }

  /** Forgets what the stream tells again. The next time is when there are twice as many as are left. */
  #forgetIdle(): void {
    for (const [name, { isFollowed, sides }] of this.#namespaces)
      if (!isFollowed && sides.size === 0) this.#namespaces.delete(name);
    this.#namespacesMax = 2 * Math.max(IDLE_MAX, this.#namespaces.size);
  }

  /** A namespace has messages for one tag alone. Nodes that did not know it may have read too little. */
  addTags(name: string): void {
    if (this.#apart.has(name)) return;
    this.#apart.add(name);
    const state = this.#namespaces.get(name);
    if (state) state.subject = `${state.prefix}*`;
    this.cache.forget(name);
  }

  /** Whether a namespace has messages for one tag alone. */
  hasTags(name: string): boolean {
    return this.#apart.has(name);
  }

  /** A message that says so has passed over an uplink. */
  mark(connection: NatsConnection, name: string): void {
    this.addTags(name);
    getOrCreate(this.#marked, connection, () => new Set<string>()).add(name);
  }

  /**
   * Whether messages for one tag alone may be appended over an uplink. A message that says so has to stand before them,
   * and the stream may have lost it with its end before this uplink was there.
   */
  isMarked(connection: NatsConnection, name: string): boolean {
    return this.#marked.get(connection)?.has(name) === true;
  }

  /**
   * Says in the stream that a namespace has messages for one tag alone: by a record to those who read, and by a message
   * without records to those who follow. They come to it before the first message for one tag.
   */
  async beginTags(connection: NatsConnection, name: string, id: string, empty: Bytes): Promise<void> {
    const subject = this.#names.logSubject(this.number, OWN, TAGS, tokenOf(name));
    const isNoted = await connection.get(this.stream, { last_by_subj: subject });
    if (!isNoted) await connection.store(subject, encodeUtf8(JSON.stringify({ v: 1 })));
    const { prefix } = this.namespace(name);
    const headers = { 'Nats-Msg-Id': id, [TAGS_HEADER]: '1', [BASE_HEADER]: `${this.baseSeq}` };
    await connection.store(`${prefix}${EVERY_NODE}`, empty, headers);
    this.mark(connection, name);
  }

  /** Whether messages can be appended at once. */
  get isBased(): boolean {
    return this.#isBased;
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
    // The uplink says anew what it follows.
    for (const state of this.#namespaces.values()) state.isFollowed = false;
    // Base records that are written meanwhile are told or read.
    const end = connection.subscribe(this.basePush, ({ body, header }) =>
      this.takeBase(Number(header('Nats-Sequence')), body),
    );
    try {
      const info = await openStream(connection, settings.clock, this.stream, config);
      if (info.state.last_seq < this.newestSeq) this.#forget();
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

  /** Writes the base record of this run, and again if the stream has lost messages. */
  async begin(connection: NatsConnection, ms: number): Promise<void> {
    if (this.#isBased) return;
    const subject = this.#names.logSubject(this.number, OWN, BASE);
    const { seq } = await connection.store(subject, encodeUtf8(JSON.stringify({ v: 1, ms })));
    this.addBase(seq, ms);
    this.#isBased = true;
  }

  /** Takes a base record that was told. */
  takeBase(seq: number, data: Uint8Array): void {
    const ms = numberIn(data, 'ms');
    if (ms !== undefined) this.addBase(seq, ms);
  }

  /** Takes a base record by its time. */
  addBase(seq: number, ms: number): void {
    this.numbers.add(baseAt(seq, ms));
    this.baseSeq = Math.max(this.baseSeq, seq);
    this.newestSeq = Math.max(this.newestSeq, seq);
  }

  /** Notes in the stream that retention removes the messages of a namespace up to one. */
  async trim(connection: NatsConnection, state: NamespaceState, seq: number): Promise<void> {
    const subject = this.#names.logSubject(this.number, OWN, TRIM, tokenOf(state.name));
    const note = encodeUtf8(JSON.stringify({ v: 1, seq }));
    const known = [...state.sides.keys()].filter((original) => original <= seq);
    const noted = await connection.tryStore(subject, note);
    this.#dropTo(state.name, seq);
    const { stream } = this;
    await removeMessages(connection, { stream, subject: state.subject, before: seq + 1 });
    // A stream that was full has room now.
    const newest = 'error' in noted ? await connection.store(subject, note) : noted;
    await removeMessages(connection, { stream, subject, before: newest.seq });
    for (const original of known)
      await removeMessages(connection, { stream, subject: `${state.sideSubject}.${original}` });
    // A node that ended on the way may have left some of an earlier removal. One look at all of them is enough.
    if (state.isSwept) return;
    await removeMessages(
      connection,
      { stream, subject: `${state.sideSubject}.*` },
      (message) => Number(message.subject.split('.').at(-1)) <= seq,
    );
    state.isSwept = true;
  }

  /** A rewritten batch stands for a message from now on. */
  addSide(state: NamespaceState, original: number, seq: number): void {
    if ((state.sides.get(original) ?? 0) >= seq) return;
    state.sides.set(original, seq);
    state.newestSide = Math.max(state.newestSide, original);
    this.cache.delete(original);
    this.erasures += 1;
  }

  /** Returns the offset of the last record of a message. */
  offset(seq: number): Offset {
    return this.numbers.offset(seq);
  }

  /** Returns the place before the first record of a message. Another namespace may have the number, or none. */
  placeBefore(seq: number, count: number): Offset {
    return encodeOffset(this.numbers.last(seq) - count);
  }

  #takeOwn({ seq, subject, body }: KeptMessage): void {
    this.#ownSeq = Math.max(this.#ownSeq, seq);
    this.newestSeq = Math.max(this.newestSeq, seq);
    const [kind, token = '', original = ''] = subject.split('.').slice(4);
    if (kind === BASE) this.takeBase(seq, body);
    if (kind === TRIM) this.#dropTo(nameOf(token), numberIn(body, 'seq') ?? 0);
    if (kind === TAGS) this.addTags(nameOf(token));
    if (kind === SIDE) this.addSide(this.namespace(nameOf(token)), Number(original), seq);
  }

  /** Retention removes the messages of a namespace up to one. Rewritten batches do not stand for them any more. */
  #dropTo(name: string, seq: number): void {
    const trimmed = Math.max(this.#trimmed.get(name) ?? 0, seq);
    this.#trimmed.set(name, trimmed);
    const state = this.#namespaces.get(name);
    if (!state) return;
    state.trimmed = trimmed;
    for (const original of state.sides.keys()) if (original <= seq) state.sides.delete(original);
  }

  /** The stream has lost messages. Its sequences are given out again, so nothing that is known of them holds. */
  #forget(): void {
    this.numbers = new Numbers();
    this.cache.clear();
    this.#namespaces.clear();
    this.#trimmed.clear();
    this.#apart.clear();
    this.#ownSeq = 0;
    this.baseSeq = 0;
    this.newestSeq = 0;
    this.#isBased = false;
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
