/** The tables of a home on NATS: the newest message of a subject is an entry of a table. */
import { createHash } from 'node:crypto';
import type { StoreName } from '@naru/broker';
import type { TableList } from 'naru/backplane';
import { type Bytes, decodeUtf8, encodeUtf8 } from 'naru/base';
import type { KeptMessage } from '../connection.js';
import type { Methods, UplinkWrite } from '../uplink.js';
import { decodeHead, encodeHead, GONE, type Head } from './head.js';
import type { Shelf } from './shelf.js';
import { decodeKey, encodeKey, keyToken } from './subjects.js';
import { placePrefix } from './texts.js';
import { type Attempt, isOvertaken } from './writes.js';

interface Entry {
  readonly value: string;
  /** The sequence of the message that brought the value. */
  readonly since: number;
  readonly endsAt: number;
}

/** A table as this uplink has read it. */
interface Copy {
  readonly entries: Map<string, Entry>;
  /** The sequence of the newest change that was announced, and the one from which the next reading begins. */
  announced: number;
  from: number;
  /** When the table was last read without an announcement. */
  readAt: number;
  /** The list of what was read, until a lease ends at `until`. */
  list: TableList | undefined;
  until: number;
}

/** Milliseconds after which a table is read although no change was announced: the node may have died in between. */
const UNANNOUNCED_MS = 30_000;
/** Milliseconds after the end of a lease in which a renewal may still turn up that was in time. */
const LATE_MS = 2_000;
/** Changes that are read one by one. */
const CHANGES_MAX = 16;
/** The table with the oldest use is forgotten beyond these. */
const COPIES_MAX = 1_000;
const ENTRIES_MAX = 200_000;
/** Milliseconds for which an announcement is kept. */
const ANNOUNCED_MS = 86_400_000;

/**
 * The tables over one uplink. A change is one message, and a second one on the subject of the table that announces it.
 * The same value again is a renewal, which is not announced: whoever has the entry looks for it when the lease ends.
 */
export class NatsTables {
  readonly #shelfOf: (store: StoreName) => Shelf;
  readonly #copies = new Map<string, Copy>();
  /** Readings under way. A table is read once at a time. */
  readonly #reading = new Map<string, Promise<TableList>>();

  /** `shelfOf` returns the place for the tables of a namespace. */
  constructor(shelfOf: (store: StoreName) => Shelf) {
    this.#shelfOf = shelfOf;
  }

  readonly methods: Methods<'tablePut' | 'tableGet' | 'tableRemove' | 'tableList'> = {
    tablePut: (write, store, table, key, value, leaseMs) =>
      this.#put(write as UplinkWrite, this.#placeOf(store, table), key, value, leaseMs),
    tableGet: (_, store, table, key) => this.#get(this.#placeOf(store, table), key),
    tableRemove: (write, store, table, key, expected) =>
      this.#remove(write as UplinkWrite, this.#placeOf(store, table), key, expected),
    tableList: (_, store, table, limit, unless) => this.#list(this.#placeOf(store, table), limit, unless),
  };

  async #get(place: Place, key: string): Promise<string | undefined> {
    const entry = entryOf(await place.shelf.stream.last(subjectOf(place, key)));
    return entry && entry.endsAt > (await place.shelf.clock.now()) ? entry.value : undefined;
  }

  #put(write: UplinkWrite, place: Place, key: string, value: string, leaseMs: number): Promise<void> {
    const { clock, local } = place.shelf;
    return this.#change(write, place, key, async (newest, attempt) => {
      const entry = entryOf(newest);
      const begunAt = local.now();
      const leftMs = (entry?.endsAt ?? 0) - (await clock.now());
      const isRenewal = entry?.value === value && leftMs > 0;
      const head: Head = { lifeMs: leaseMs, isGone: false, since: isRenewal ? entry.since : 0 };
      const storing = this.#store(place, key, encodeUtf8(value), head, newest, attempt);
      if (!isRenewal) return this.#announced(place, storing);
      const isStored = await storing;
      // It may have come after the end of the lease. Nobody looks for it then.
      if (isStored && local.now() - begunAt >= leftMs) await this.#announce(place);
      return isStored;
    });
  }

  #remove(write: UplinkWrite, place: Place, key: string, expected: string | undefined): Promise<void> {
    return this.#change(write, place, key, async (newest, attempt) => {
      const entry = entryOf(newest);
      if (!entry || entry.endsAt <= (await place.shelf.clock.now())) return true;
      if (expected !== undefined && entry.value !== expected) return true;
      return this.#announced(place, this.#store(place, key, new Uint8Array(0), GONE, newest, attempt));
    });
  }

  /** Makes a change. `attemptAt` resolves with `false` if the entry has changed in between. */
  async #change(
    write: UplinkWrite,
    place: Place,
    key: string,
    attemptAt: (newest: KeptMessage | undefined, attempt: Attempt) => Promise<boolean>,
  ): Promise<void> {
    const { shelf } = place;
    const attempt = await shelf.begin(write);
    if (attempt === 'done') return this.#announce(place);
    for (;;) {
      const newest = await shelf.stream.last(subjectOf(place, key));
      if (isOvertaken(newest, write, attempt)) return this.#announce(place);
      if (await attemptAt(newest, attempt)) return;
    }
  }

  /** Stores the message of an entry unless it has changed. */
  async #store(
    place: Place,
    key: string,
    body: Bytes,
    head: Head,
    newest: KeptMessage | undefined,
    attempt: Attempt,
  ): Promise<boolean> {
    const subject = subjectOf(place, key);
    const headers = { ...attempt.headers, ...encodeHead(head), ...encodeKey(subject, key) };
    const { stream } = place.shelf;
    const stored = await stream.publish(subject, body, headers, newest?.seq ?? 0, attempt.onSent);
    if (!stored) attempt.onRefused();
    return stored !== undefined;
  }

  /** Announces a change that is being stored. Both messages are under way together, so no node dies in between. */
  async #announced(place: Place, storing: Promise<boolean>): Promise<boolean> {
    const [isStored] = await Promise.all([storing, this.#announce(place)]);
    return isStored;
  }

  async #announce({ shelf, subject }: Place): Promise<void> {
    const head = { lifeMs: ANNOUNCED_MS, isGone: false, since: 0 };
    await shelf.stream.publish(`${subject}.h`, new Uint8Array(0), encodeHead(head));
  }

  async #list(place: Place, limit: number, unless: string | undefined): Promise<TableList | 'same'> {
    const { subject } = place;
    const before = this.#reading.get(subject)?.catch(() => undefined) ?? Promise.resolve();
    const reading = before.then(() => this.#read(place));
    this.#reading.set(subject, reading);
    try {
      const { version, entries } = await reading;
      return version === unless ? 'same' : { version, entries: entries.slice(0, limit) };
    } finally {
      if (this.#reading.get(subject) === reading) this.#reading.delete(subject);
    }
  }

  /** Brings the copy of a table up to date, and returns its entries and version. */
  async #read(place: Place): Promise<TableList> {
    const { stream, clock, local } = place.shelf;
    const known = this.#copies.get(place.subject);
    const copy = known ?? { entries: new Map(), announced: -1, from: 1, readAt: 0, list: undefined, until: 0 };
    this.#copies.delete(place.subject);
    const announced = (await stream.last(`${place.subject}.h`))?.seq ?? 0;
    const isDue = local.now() - copy.readAt >= UNANNOUNCED_MS;
    // Otherwise the copy may lack an entry that was renewed meanwhile, so the next reading goes on there.
    if ((announced !== copy.announced || isDue) && (await this.#readChanges(place, copy, known === undefined))) {
      copy.announced = announced;
      copy.from = Math.max(copy.from, announced + 1);
      copy.readAt = local.now();
    }
    const now = await clock.now();
    if (copy.until <= now) await this.#readEnded(place, copy, now);
    copy.list ??= listOf(copy, now);
    this.#keep(place, copy);
    return copy.list;
  }

  /** Reads what was written since the last reading. Resolves with whether that is all. */
  async #readChanges({ shelf, subject }: Place, copy: Copy, isWhole: boolean): Promise<boolean> {
    const { stream } = shelf;
    const filter = `${subject}.e.*`;
    const take = (message: KeptMessage): void => {
      note(copy, decodeKey(message, 1), message);
      copy.from = message.seq + 1;
    };
    for (let count = 0; !isWhole && count < CHANGES_MAX; count += 1) {
      const message = await stream.next(filter, copy.from);
      if (!message) return true;
      take(message);
    }
    return stream.scan(filter, copy.from, take);
  }

  /** Looks for renewals of the entries whose leases have ended. */
  async #readEnded(place: Place, copy: Copy, now: number): Promise<void> {
    copy.list = undefined;
    const ended = [...copy.entries].filter(([, { endsAt }]) => endsAt <= now);
    const messages = await Promise.all(ended.map(([key]) => place.shelf.stream.last(subjectOf(place, key))));
    for (const [at, [key, before]] of ended.entries()) {
      note(copy, key, messages[at]);
      const entry = copy.entries.get(key);
      if (entry && entry.endsAt === before.endsAt && before.endsAt + LATE_MS <= now) copy.entries.delete(key);
    }
  }

  #keep({ subject }: Place, copy: Copy): void {
    this.#copies.set(subject, copy);
    let count = 0;
    for (const { entries } of this.#copies.values()) count += entries.size;
    for (const [oldest, { entries }] of this.#copies) {
      if (oldest === subject || (this.#copies.size <= COPIES_MAX && count <= ENTRIES_MAX)) return;
      this.#copies.delete(oldest);
      count -= entries.size;
    }
  }

  #placeOf(store: StoreName, table: string): Place {
    const shelf = this.#shelfOf(store);
    return { shelf, subject: `${placePrefix(shelf, store)}.${keyToken(table)}` };
  }
}

/** A table: its stream, and the beginning of its subjects. */
interface Place {
  readonly shelf: Shelf;
  readonly subject: string;
}

const subjectOf = ({ subject }: Place, key: string): string => `${subject}.e.${keyToken(key)}`;

/** Returns the entry of a message, whose lease may have ended. */
function entryOf(message: KeptMessage | undefined): Entry | undefined {
  const head = message && decodeHead(message);
  if (!head || head.isGone) return undefined;
  const endsAt = message.at + (head.lifeMs ?? Number.POSITIVE_INFINITY);
  return { value: decodeUtf8(message.body), since: head.since || message.seq, endsAt };
}

function note(copy: Copy, key: string, message: KeptMessage | undefined): void {
  const entry = entryOf(message);
  if (entry) copy.entries.set(key, entry);
  else copy.entries.delete(key);
  copy.list = undefined;
}

/** Lists the entries whose leases run. The version is a hash of them, and of the messages that brought their values. */
function listOf(copy: Copy, now: number): TableList {
  const hash = createHash('sha256');
  const entries: (readonly [string, string])[] = [];
  copy.until = Number.POSITIVE_INFINITY;
  for (const [key, { value, since, endsAt }] of [...copy.entries].sort(([one], [other]) => (one < other ? -1 : 1))) {
    // An entry that has just ended may still turn out to be renewed.
    copy.until = Math.min(copy.until, endsAt);
    if (endsAt <= now) continue;
    entries.push([key, value]);
    hash.update(JSON.stringify([key, value, since]));
  }
  return { version: hash.digest('base64url'), entries };
}
