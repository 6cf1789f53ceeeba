/** The log of each namespace in NATS. A batch is one message in the stream of the namespace's group. */

import type { WriteId } from '@naru/broker';
import { encodeBatch } from '@naru/broker';
import {
  type Appended,
  type Erasure,
  encodeOffset,
  type LogExtent,
  type LogRecord,
  type Offset,
  type Page,
  type Retention,
  type StoredRecord,
  ZERO_OFFSET,
} from 'naru/backplane';
import type { Bytes } from 'naru/base';
import { assert, getOrCreate, UnavailableError, unreferenced, within } from 'naru/base';
import { groupOf, type NatsNames } from '../names.js';
import type { Methods, UplinkParts, UplinkWrite } from '../uplink.js';
import { type ErasureProgress, LogEraser } from './erasing.js';
import { BASE_HEADER, LogFollowers } from './followers.js';
import { DUPLICATES_MS, Group } from './group.js';
import { readMessages } from './messages.js';
import { listNamespaces, listOldNamespaces } from './namespaces.js';
import { SLOTS } from './numbers.js';
import { headOf, messageId, readBefore, readPieces, readPlaces, recordsOf } from './pages.js';
import { LogRetention } from './retention.js';

/** The facts about its logs that a node keeps over all uplinks. */
export class LogMemory {
  readonly #names: NatsNames;
  readonly #groups = new Map<number, Group>();
  /** When each append without an answer was first sent, and what stood in the stream then. */
  readonly sent = new Map<string, { readonly at: number; readonly newestSeq: number }>();
  /** The erasures under way, by the numbers of their writes. */
  readonly erasures = new Map<number, ErasureProgress>();
  readonly retention: LogRetention;
  /** When this node last looked for old records of namespaces that nobody uses. */
  sweptAt: number | undefined;

  constructor(names: NatsNames, retention: Retention) {
    this.#names = names;
    this.retention = new LogRetention(retention);
  }

  /** Returns the group of a namespace. */
  group(namespace: string): Group {
    const number = groupOf(namespace);
    return getOrCreate(this.#groups, number, () => new Group(number, this.#names));
  }
}

/** Bytes that a message needs besides its batch: its headers, and its way through NATS. */
export const OVERHEAD_BYTES = 4_096;
/** Milliseconds for which a read waits for the removal of old records. */
const REMOVAL_MS = 1_000;
/** Messages that are looked at together, at least, when reading goes back. */
const SPAN_MIN = 16;
/** After this time, the stream may no longer know that it has a message. */
const KNOWN_MS = DUPLICATES_MS - 20_000;
/** Milliseconds between two looks at everything that nobody tells of. */
const UPKEEP_MS = 10_000;
/** Milliseconds between two looks at namespaces that nobody uses. */
const SWEEP_MS = 60 * 60 * 1_000;

/** The methods of one uplink that concern logs. */
export class NatsLog {
  readonly #parts: UplinkParts;
  readonly #memory: LogMemory;
  /** The groups that this uplink has opened. */
  readonly #open = new Map<number, Promise<void>>();
  readonly #ready = new Set<number>();
  readonly #followers: LogFollowers;

  constructor(parts: UplinkParts, memory: LogMemory) {
    this.#parts = parts;
    this.#memory = memory;
    this.#followers = new LogFollowers(parts, (id) => memory.sent.has(id));
    this.#schedule();
  }

  /** Whether an append to a namespace is sent at once. */
  isReady(namespace: string): boolean {
    return this.#ready.has(groupOf(namespace));
  }

  readonly methods: Methods<
    | 'append'
    | 'read'
    | 'readBack'
    | 'readAt'
    | 'knows'
    | 'extent'
    | 'newest'
    | 'namespaces'
    | 'erase'
    | 'retain'
    | 'follow'
    | 'unfollow'
    | 'ping'
  > = {
    append: (write, namespace, records) => this.#append(write as UplinkWrite, namespace, records),
    read: (_, namespace, after, limit) => this.#read(namespace, after, limit),
    readBack: (_, namespace, before, limit) => this.#readBack(namespace, before, limit),
    readAt: async (_, namespace, offsets) =>
      readPlaces(this.#parts.connection, await this.#openToRead(namespace), namespace, offsets),
    knows: (_, namespace, offset) => this.#knows(namespace, offset),
    extent: (_, namespace) => this.#extent(namespace),
    newest: async (_, namespace) => this.#newest(await this.open(namespace), namespace),
    namespaces: () => listNamespaces(this.#parts.connection, this.#parts.names),
    erase: (write, namespace, what) => this.#erase(write as WriteId, namespace, what),
    retain: async (_, namespace, retention) => {
      this.#memory.retention.set(namespace, retention);
    },
    follow: (_, namespace) => this.#follow(namespace),
    unfollow: async (_, namespace) => this.#followers.unfollow(namespace),
    ping: () => this.#parts.connection.flush(),
  };

  /** Opens the stream of a namespace. Rejects with ConfigError or UnavailableError. */
  async open(namespace: string): Promise<Group> {
    const { connection, settings } = this.#parts;
    const group = this.#memory.group(namespace);
    let opening = this.#open.get(group.number);
    if (!opening) {
      opening = group.open(connection, settings);
      this.#open.set(group.number, opening);
      opening.catch(() => this.#open.delete(group.number));
    }
    await opening;
    return group;
  }

  async #append(write: UplinkWrite, namespace: string, records: readonly LogRecord[]): Promise<Appended> {
    const group = this.#memory.group(namespace);
    if (!this.#ready.has(group.number)) {
      await this.open(namespace);
      await group.begin(this.#parts.connection, this.#parts.clock.now());
      this.#ready.add(group.number);
    }
    const offsets: Offset[] = [];
    let previous: Offset | undefined;
    // If one part is too large, none is stored.
    for (const { from, part, data } of this.#partsOf(records, write)) {
      const isLast = from + part.length === records.length;
      const onSent = isLast ? write.onSent : undefined;
      const { seq, before } = await this.#appendPart(group, namespace, { write, from, records: part, data, onSent });
      previous ??= before;
      const last = group.numbers.last(seq);
      for (let at = 1; at <= part.length; at += 1) offsets.push(encodeOffset(last - part.length + at));
    }
    return { offsets, previous: previous ?? (await this.#newest(group, namespace)) };
  }

  /** Returns the records as messages. Throws UnavailableError if one would be too large. */
  #partsOf(records: readonly LogRecord[], write: WriteId) {
    const bytesMax = this.#parts.connection.maxPayload - OVERHEAD_BYTES;
    const parts: { readonly from: number; readonly part: readonly LogRecord[]; readonly data: Bytes }[] = [];
    for (let from = 0; from < records.length; from += SLOTS) {
      const part = records.slice(from, from + SLOTS);
      const data = encodeBatch(write, part);
      if (data.length > bytesMax) throw tooBig(part.length, data.length, bytesMax);
      parts.push({ from, part, data });
    }
    return parts;
  }

  async #appendPart(
    group: Group,
    namespace: string,
    {
      write: { writer, number },
      from,
      records,
      data,
      onSent,
    }: {
      readonly write: WriteId;
      readonly from: number;
      readonly records: readonly LogRecord[];
      readonly data: Bytes;
      readonly onSent: (() => void) | undefined;
    },
  ): Promise<{ readonly seq: number; readonly before: Offset }> {
    const { connection, clock } = this.#parts;
    const { sent } = this.#memory;
    const { subject } = group.namespace(namespace);
    const id = messageId(writer, `${number}.${from}`, records.length, records[0]?.at ?? 0);
    const earlier = sent.get(id);
    const isOld = earlier !== undefined && clock.now() - earlier.at > KNOWN_MS;
    const found = isOld ? await this.#find(group, subject, id, earlier.newestSeq) : undefined;
    if (!earlier) sent.set(id, { at: clock.now(), newestSeq: group.newestSeq });
    const headers = { 'Nats-Msg-Id': id, [BASE_HEADER]: `${group.baseSeq}` };
    const storing =
      found === undefined
        ? connection.store(subject, data, headers)
        : Promise.resolve({ seq: found, isDuplicate: true });
    onSent?.();
    const stored = await storing.finally(() => sent.delete(id));
    // The answer to an earlier uplink got lost, and followers may have missed the message, too.
    if (stored.isDuplicate) this.#followers.tellMore(group, namespace);
    const before = await this.#before(group, namespace, stored.seq);
    group.note(group.namespace(namespace), stored.seq, records.length);
    this.#memory.retention.onAppended(this.#parts, group, namespace, data.length);
    return { seq: stored.seq, before };
  }

  /** Looks for a message in the log. */
  async #find(group: Group, subject: string, id: string, after: number): Promise<number | undefined> {
    let found: number | undefined;
    await readMessages(
      this.#parts.connection,
      { stream: group.stream, subject, from: after + 1, isBrief: true },
      ({ seq, header }) => {
        if (header('Nats-Msg-Id') === id) found = seq;
        return found === undefined;
      },
    );
    return found;
  }

  /** Returns the newest offset of a namespace before a message of this uplink. */
  async #before(group: Group, namespace: string, seq: number): Promise<Offset> {
    const told = this.#followers.takePrevious(seq);
    const state = group.namespace(namespace);
    if (told !== undefined && told > 0) return group.offset(told);
    const { seq: before } = await readBefore(this.#parts.connection, group, state, seq);
    return group.offset(before);
  }

  async #read(namespace: string, after: Offset, limit: number): Promise<Page> {
    const { connection } = this.#parts;
    const group = await this.#openToRead(namespace);
    const place = after === ZERO_OFFSET ? { seq: 0, slot: SLOTS - 1 } : await group.placeOf(connection, after);
    if (!place) return { records: [], hasGap: true };
    const isKnown = after === ZERO_OFFSET ? undefined : this.#isGiven(group, namespace, after);
    const isLast = place.slot === SLOTS - 1;
    const { pieces } = await readPieces(
      connection,
      group,
      namespace,
      isLast ? place.seq + 1 : place.seq,
      Number.POSITIVE_INFINITY,
      // The first message may have records up to the offset.
      limit + (isLast ? 0 : SLOTS),
    );
    const records: StoredRecord[] = [];
    for (const piece of pieces) {
      if (records.length >= limit) break;
      for (const record of recordsOf(group, piece))
        if (record.offset > after && records.length < limit) records.push(record);
    }
    const { trimmed } = group.namespace(namespace);
    if (trimmed > 0 && after < group.offset(trimmed)) return { records, hasGap: true };
    const isGap = isKnown !== undefined && !(await isKnown) && after < (await this.#newest(group, namespace));
    return { records, hasGap: isGap };
  }

  async #readBack(namespace: string, before: Offset | undefined, limit: number): Promise<Page> {
    const { connection } = this.#parts;
    const group = await this.#openToRead(namespace);
    let records: StoredRecord[] = [];
    const place =
      before === undefined
        ? { seq: await this.#newestSeq(group, namespace), slot: SLOTS }
        : await group.placeOf(connection, before);
    if (!place) return { records: [], hasGap: false };
    let end = place.slot > 0 ? place.seq + 1 : place.seq;
    for (let span = Math.max(SPAN_MIN, group.messagesWith(limit)); records.length < limit; span *= 4) {
      const { trimmed } = group.namespace(namespace);
      const from = Math.max(1, trimmed + 1, end - span);
      const { pieces } = await readPieces(connection, group, namespace, from, end, Number.POSITIVE_INFINITY);
      const found = pieces
        .flatMap((piece) => recordsOf(group, piece))
        .filter(({ offset }) => before === undefined || offset < before);
      records = found.concat(records);
      end = from;
      if (from <= Math.max(1, trimmed + 1)) break;
    }
    const isAll = records.length < limit;
    const hasGap = isAll && group.namespace(namespace).trimmed > 0;
    return { records: limit === 0 ? [] : records.slice(-limit), hasGap };
  }

  async #knows(namespace: string, offset: Offset): Promise<boolean> {
    return offset === ZERO_OFFSET || this.#isGiven(await this.open(namespace), namespace, offset);
  }

  /** Whether an offset is that of a record. Of records that retention has removed, only their message is known. */
  async #isGiven(group: Group, namespace: string, offset: Offset): Promise<boolean> {
    const { connection } = this.#parts;
    const place = await group.placeOf(connection, offset);
    if (!place || place.slot < 0 || place.seq === 0) return false;
    const { newest, trimmed, subject } = group.namespace(namespace);
    const fits = (count: number): boolean => place.slot >= SLOTS - count;
    if (newest.seq === place.seq) return fits(newest.count);
    if (place.seq <= trimmed) return true;
    const cached = group.cache.get(namespace, place.seq);
    if (cached) return fits(cached.count);
    const message = await connection.get(group.stream, { seq: place.seq });
    if (message) return message.subject === subject && fits(headOf(message.header('Nats-Msg-Id')).count);
    await group.sync(connection);
    const state = group.namespace(namespace);
    if (place.seq <= state.trimmed) return true;
    const side = state.sides.get(place.seq);
    const rewritten = side === undefined ? undefined : await connection.get(group.stream, { seq: side });
    return rewritten !== undefined && fits(headOf(rewritten.header('Nats-Msg-Id')).count);
  }

  async #extent(namespace: string): Promise<LogExtent> {
    const group = await this.#openToRead(namespace);
    const newest = await this.#newest(group, namespace);
    const { count, bytes, oldest } = await this.#memory.retention.index(this.#parts, group, namespace);
    const first = oldest && encodeOffset(group.numbers.last(oldest.first) - Math.max(1, oldest.firstCount) + 1);
    return { oldest: first, newest, count, bytes };
  }

  /** Notes which records an erasure concerns: those in the log now. Later appends wait until this is done. */
  async beginErasure({ number }: WriteId, namespace: string): Promise<void> {
    const { erasures } = this.#memory;
    const group = await this.open(namespace);
    if (!erasures.has(number))
      erasures.set(number, { last: await this.#newestSeq(group, namespace), counts: new Map() });
  }

  async #erase(write: WriteId, namespace: string, what: Erasure): Promise<number> {
    const { erasures } = this.#memory;
    const group = await this.open(namespace);
    const progress = erasures.get(write.number);
    assert(progress !== undefined, 'an erasure has begun before it is carried out');
    const eraser = new LogEraser(this.#parts, group, namespace, what, write);
    // If the uplink breaks, this never settles, and the next uplink goes on.
    return eraser.run(progress).finally(() => erasures.delete(write.number));
  }

  /** Opens the stream of a namespace, and waits for the end of a removal of old records. */
  async #openToRead(namespace: string): Promise<Group> {
    const { clock } = this.#parts;
    const group = await this.open(namespace);
    await within(clock, this.#memory.retention.settled(this.#parts, namespace), REMOVAL_MS);
    return group;
  }

  async #follow(namespace: string): Promise<Offset> {
    const group = await this.open(namespace);
    this.#followers.follow(group, namespace);
    // The answer comes the same way as what is told, so the newest message is told or is this one.
    return this.#newest(group, namespace);
  }

  async #newest(group: Group, namespace: string): Promise<Offset> {
    return group.offset(await this.#newestSeq(group, namespace));
  }

  /** Returns the sequence of the newest message of a namespace. */
  async #newestSeq(group: Group, namespace: string): Promise<number> {
    const { connection } = this.#parts;
    const known = group.namespace(namespace).newest.seq;
    const message = await connection.get(group.stream, { last_by_subj: group.namespace(namespace).subject });
    // The offset of a message that this node was told of is known, and nothing newer was removed.
    const isTold = message && message.seq >= known && message.seq <= group.namespace(namespace).newest.seq;
    if (isTold && !connection.isClustered) return message.seq;
    await group.sync(connection);
    const state = group.namespace(namespace);
    if (message) group.note(state, message.seq, headOf(message.header('Nats-Msg-Id')).count);
    return Math.max(message?.seq ?? 0, state.trimmed, state.newestSide);
  }

  async #sweep(now: number): Promise<void> {
    const { connection, names, settings } = this.#parts;
    this.#memory.sweptAt = now;
    for (const namespace of await listOldNamespaces(connection, names, now - settings.ageMs))
      this.#memory.retention.onAppended(this.#parts, await this.open(namespace), namespace, 0);
  }

  /** Looks now and then for records that are too old, and for lost messages after which nothing was told. */
  #schedule(): void {
    const { clock, connection } = this.#parts;
    const look = (): void => {
      if (connection.isOver) return;
      this.#memory.retention.sweep(this.#parts, (namespace) => this.#memory.group(namespace));
      if (connection.isClustered) this.#followers.check();
      const now = clock.now();
      this.#memory.sweptAt ??= now;
      // A sweep that fails is made again an hour later.
      if (now - this.#memory.sweptAt >= SWEEP_MS) this.#sweep(now).catch(() => undefined);
      this.#schedule();
    };
    unreferenced(clock.setTimeout(look, UPKEEP_MS, undefined));
  }
}

function tooBig(count: number, size: number, max: number): UnavailableError {
  const what = count === 1 ? 'An event has' : `${count} events that are stored together have`;
  return new UnavailableError(
    'NOT_KEPT',
    `${what} ${size} bytes, and NATS takes up to ${max}. Send less at once, or raise max_payload of NATS.`,
  );
}
