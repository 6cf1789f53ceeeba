/** The log of each namespace in NATS. A batch is one message in the stream of the namespace's group. */

import type { WriteId } from '@naru/broker';
import {
  type Erasure,
  encodeOffset,
  type LogExtent,
  type LogRecord,
  nextOffset,
  type Offset,
  type Page,
  type StoredRecord,
  ZERO_OFFSET,
} from 'naru/backplane';
import { assert, unreferenced, within } from 'naru/base';
import type { Methods, UplinkParts, UplinkWrite } from '../uplink.js';
import { LogAppends } from './appends.js';
import { LogEraser } from './erasing.js';
import { LogFollowers } from './followers.js';
import type { Group } from './group.js';
import type { LogMemory } from './log-memory.js';
import { listNamespaces, listOldNamespaces } from './namespaces.js';
import { type Place, SLOTS } from './numbers.js';
import { headOf, readPieces, readPlaces, recordsOf } from './pages.js';

/** Milliseconds for which a read waits for the removal of old records. */
const REMOVAL_MS = 1_000;
/** Messages that are looked at together, at least, when reading goes back. */
const SPAN_MIN = 16;
/** Milliseconds between two looks at everything that nobody tells of. */
const UPKEEP_MS = 10_000;
/** Milliseconds between two looks at how far the logs have come whose messages may be for other nodes. */
const TAGS_MS = 1_000;
/** Milliseconds between two looks at namespaces that nobody uses. */
const SWEEP_MS = 60 * 60 * 1_000;

/** The methods of one uplink that concern logs. */
export class NatsLog {
  readonly #parts: UplinkParts;
  readonly #memory: LogMemory;
  /** The groups that this uplink has opened. */
  readonly #open = new Map<number, Promise<void>>();
  readonly #followers: LogFollowers;
  readonly #appends: LogAppends;

  constructor(parts: UplinkParts, memory: LogMemory) {
    this.#parts = parts;
    this.#memory = memory;
    this.#followers = new LogFollowers(parts);
    this.#appends = new LogAppends(parts, memory, this.#followers, (namespace) => this.open(namespace));
    this.#every(UPKEEP_MS, () => this.#upkeep());
    this.#every(TAGS_MS, () => this.#followers.checkTags());
  }

  /** Whether an append to a namespace is sent at once. */
  isReady(namespace: string, records: readonly LogRecord[]): boolean {
    return this.#appends.isReady(namespace, records);
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
    append: async (write, namespace, records) =>
      records.length > 0
        ? this.#appends.append(write as UplinkWrite, namespace, records)
        : { offsets: [], previous: await this.#newest(await this.open(namespace), namespace) },
    read: (_, namespace, after, limit) => this.#read(namespace, after, limit),
    readBack: (_, namespace, before, limit) => this.#readBack(namespace, before, limit),
    readAt: async (_, namespace, offsets) =>
      readPlaces(this.#parts.connection, await this.#openToRead(namespace), namespace, offsets),
    knows: (_, namespace, offset) => this.#knows(namespace, offset),
    extent: (_, namespace) => this.#extent(namespace),
    newest: async (_, namespace) => {
      const group = await this.open(namespace);
      const seq = await this.#newestSeq(group, namespace);
      // The newest messages may be for others, and the node would read them.
      if (group.hasTags(namespace)) await this.#followers.orderOf(namespace)?.reach(seq);
      return group.offset(seq);
    },
    namespaces: () => listNamespaces(this.#parts.connection, this.#parts.names),
    erase: (write, namespace, what) => this.#erase(write as WriteId, namespace, what),
    retain: async (_, namespace, retention) => {
      this.#memory.retention.set(namespace, retention);
    },
    follow: (_, namespace, tags) => this.#follow(namespace, tags),
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

  async #read(namespace: string, after: Offset, limit: number): Promise<Page> {
    const { connection } = this.#parts;
    const group = await this.#openToRead(namespace);
    const place = after === ZERO_OFFSET ? { seq: 0, slot: SLOTS - 1 } : await group.placeOf(connection, after);
    if (!place) return { records: [], hasGap: true };
    const isKnown = after === ZERO_OFFSET ? undefined : this.#isGiven(group, namespace, after);
    const isLast = place.slot === SLOTS - 1;
    let records: readonly StoredRecord[] = [];
    // The first message may have records up to the offset. Nearly always it has one record.
    for (const more of isLast ? [0] : [1, SLOTS]) {
      const [from, before] = [isLast ? place.seq + 1 : place.seq, Number.POSITIVE_INFINITY];
      const { pieces, isEnd } = await readPieces(connection, group, namespace, from, before, limit + more);
      const all = pieces.flatMap((piece) => recordsOf(group, piece));
      records = all.filter(({ offset }) => offset > after).slice(0, limit);
      if (isEnd || records.length === limit) break;
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

  /** Whether an offset was given out. Of records that retention has removed, only their message is known. */
  async #isGiven(group: Group, namespace: string, offset: Offset): Promise<boolean> {
    const { connection } = this.#parts;
    const place = await group.placeOf(connection, offset);
    if (place && place.slot >= 0 && place.seq > 0 && (await this.#isRecord(group, namespace, place))) return true;
    await group.sync(connection);
    return group.hasTags(namespace) && this.#isBetween(group, namespace, offset);
  }

  async #isRecord(group: Group, namespace: string, place: Place): Promise<boolean> {
    const { connection } = this.#parts;
    const { newest, trimmed, prefix } = group.namespace(namespace);
    const fits = (count: number): boolean => place.slot >= SLOTS - count;
    if (newest.seq === place.seq) return fits(newest.count);
    if (place.seq <= trimmed) return true;
    const cached = group.cache.get(namespace, place.seq);
    if (cached) return fits(cached.count);
    const message = await connection.get(group.stream, { seq: place.seq });
    if (message) return message.subject.startsWith(prefix) && fits(headOf(message.header('Nats-Msg-Id')).count);
    await group.sync(connection);
    const state = group.namespace(namespace);
    if (place.seq <= state.trimmed) return true;
    const side = state.sides.get(place.seq);
    const rewritten = side === undefined ? undefined : await connection.get(group.stream, { seq: side });
    return rewritten !== undefined && fits(headOf(rewritten.header('Nats-Msg-Id')).count);
  }

  /** A node that is not told of all messages may stand before the first record of one, and at a mark. */
  async #isBetween(group: Group, namespace: string, offset: Offset): Promise<boolean> {
    const [here, next] = [group.numbers.place(offset), group.numbers.place(nextOffset(offset))];
    const place = here && here.slot >= 0 ? here : next;
    return place !== undefined && place.slot >= 0 && place.seq <= (await this.#newestSeq(group, namespace));
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

  async #follow(namespace: string, tags: readonly string[] = []): Promise<Offset> {
    const group = await this.open(namespace);
    const order = this.#followers.follow(group, namespace, tags);
    const hadTags = group.hasTags(namespace);
    // The answer comes the same way as what is told, so the newest message is told or is this one.
    let newest = await this.#newestSeq(group, namespace);
    // A mark that there are messages for single tags may stand before it.
    await group.sync(this.#parts.connection);
    if (group.hasTags(namespace) !== hadTags) newest = await this.#newestSeq(group, namespace);
    const begin = order.begin(newest, tags);
    // The place up to which all has passed may be a number of another namespace.
    return group.offset(begin > newest ? Math.min(begin, await this.#newestSeq(group, namespace)) : newest);
  }

  async #newest(group: Group, namespace: string): Promise<Offset> {
    return group.offset(await this.#newestSeq(group, namespace));
  }

  /** Returns the sequence of the newest message of a namespace. */
  async #newestSeq(group: Group, namespace: string): Promise<number> {
    const { connection } = this.#parts;
    const { newest, subject } = group.namespace(namespace);
    const known = newest.seq;
    const message = await connection.get(group.stream, { last_by_subj: subject });
    // Everything up to what has passed is known, and nothing newer was removed.
    const passed = this.#followers.orderOf(namespace)?.passed ?? 0;
    if (message && message.seq >= known && message.seq <= passed && !connection.isClustered) return message.seq;
    await group.sync(connection);
    const state = group.namespace(namespace);
    if (state.subject !== subject) return this.#newestSeq(group, namespace);
    if (message) group.note(state, message.seq, headOf(message.header('Nats-Msg-Id')).count);
    return Math.max(message?.seq ?? 0, state.trimmed, state.newestSide);
  }

  async #sweep(now: number): Promise<void> {
    const { connection, names, settings } = this.#parts;
    this.#memory.sweptAt = now;
    for (const namespace of await listOldNamespaces(connection, names, now - settings.ageMs))
      this.#memory.retention.onAppended(this.#parts, await this.open(namespace), namespace, 0);
  }

  /** Looks for records that are too old, and for lost messages after which nothing was told. */
  #upkeep(): void {
    const { clock, connection } = this.#parts;
    this.#memory.retention.sweep(this.#parts, (namespace) => this.#memory.group(namespace));
    if (connection.isClustered) this.#followers.check().catch(() => undefined);
    const now = clock.now();
    this.#memory.sweptAt ??= now;
    // A sweep that fails is made again an hour later.
    if (now - this.#memory.sweptAt >= SWEEP_MS) this.#sweep(now).catch(() => undefined);
  }

  /** Does something again and again, until the uplink is over. */
  #every(ms: number, work: () => void): void {
    const { clock, connection } = this.#parts;
    const run = (): void => {
      if (connection.isOver) return;
      work();
      this.#every(ms, work);
    };
    unreferenced(clock.setTimeout(run, ms, undefined));
  }
}
