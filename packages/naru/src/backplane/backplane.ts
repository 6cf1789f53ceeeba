/**
 * The contract of a backplane: the log of each namespace, and the store beside it. Memory, a disk and a broker keep
 * this contract.
 */
import type { Bytes } from '../base/bytes.js';
import { UnavailableError } from '../base/errors.js';
import type { Talk } from './talk/talk.js';

/** A position in the log of a namespace. Offsets sort as text in the order of the log and are opaque otherwise. */
export type Offset = string;

/** A value, or the promise of one. */
export type MaybePromise<T> = T | Promise<T>;

/** An event in the log. */
export interface LogRecord {
  /** The rooms that the event was sent to. An empty list means everybody in the namespace. */
  readonly rooms: readonly string[];
  /** The rooms whose members do not get the event. */
  readonly except: readonly string[];
  /** JSON of the list of the event's name and arguments, with Socket.IO's placeholders for binary values. */
  readonly event: string;
  /** The bytes that the placeholders stand for. */
  readonly attachments: readonly Bytes[];
  /** When the record was appended, in milliseconds since the Unix epoch. */
  readonly at: number;
  /** A client that catches up needs only the newest of the records with the same key. */
  readonly key?: string;
  /** The person who said it, for erasures. No client gets this. */
  readonly by?: string | undefined;
  /** The `traceparent` of the event, for traces. No client gets this. */
  readonly trace?: string | undefined;
}

/** A record and its offset. */
export interface StoredRecord extends LogRecord {
  readonly offset: Offset;
}

/** Returns the record with its offset. It copies field by field, because V8 makes a hidden class for each spread. */
export function storedAs(record: LogRecord, offset: Offset): StoredRecord {
  const { rooms, except, event, attachments, at, key, by, trace } = record;
  return { rooms, except, event, attachments, at, key, by, trace, offset };
}

/** The result of an append. */
export interface Appended {
  /** The offset of each record, in the order of the records. */
  readonly offsets: readonly Offset[];
  /** The newest offset before these records, or with `told` a later place. An earlier one shows appends of others. */
  readonly previous: Offset;
  /** The newest offset before these records that a follower in this process was told, as in a batch. */
  readonly told?: Offset | undefined;
}

/** A part of the log. */
export interface Page {
  /** Records after the requested offset, oldest first, at most as many as requested. */
  readonly records: readonly StoredRecord[];
  /**
   * Whether retention removed records between the requested offset and the first of these, so that some are missing.
   */
  readonly hasGap: boolean;
  /** The place up to which the home has looked, if it may have left out records without a text. */
  readonly passed?: Offset;
}

/** The records that retention has kept of a namespace, and their size. */
export interface LogExtent {
  /** Offset of the oldest record, `undefined` while the log is empty. */
  readonly oldest: Offset | undefined;
  /** Offset of the newest record ever appended, ZERO_OFFSET before the first. */
  readonly newest: Offset;
  readonly count: number;
  readonly bytes: number;
}

/** How long records are kept. The bound that is met first applies. */
export interface Retention {
  /** Age in milliseconds. */
  readonly ageMs: number;
  /** Bytes of records in each namespace. */
  readonly bytes: number;
}

/** Consecutive records, as a home tells its followers of them. */
export interface Batch {
  /**
   * The newest offset before the first record, or with `told` a later place before that record. A follower that does
   * not have everything up to it has missed an earlier batch, or what stands there is for others.
   */
  readonly previous: Offset;
  /** The newest offset that was told before. Records between that and `previous` are for others, or are its own. */
  readonly told?: Offset | undefined;
  /** Oldest first. Without any, the batch says that nothing up to `previous` is for this process. */
  readonly records: readonly StoredRecord[];
}

/** Learns what others append to a log. Every append leads to one of the two calls, in the order of the log. */
export interface LogFollower {
  /**
   * Called when the log may hold records that were not told. The follower reads them. `newest` is the newest of all, if
   * it is known.
   */
  onMore(newest?: Offset): void;
  /** Called with records that others have appended. A batch may repeat records that were read or told before. */
  onBatch(batch: Batch): void;
}

/** The following of a log. */
export interface Following {
  /**
   * The newest offset when the following began: the follower is told of all later records of others. It is there at
   * once if the log answers within the call. It never rejects, and may never settle if the following ends first.
   */
  readonly ready: MaybePromise<Offset>;
  /** Asks to be told of the records for a tag, too. Answers the offset after which all of them are told. */
  want?(tag: string): MaybePromise<Offset>;
  /** Ends the following. */
  end(): void;
}

/**
 * Chooses records to erase: the record at one offset, those that were sent to a room (perhaps to others too), those of
 * one person, or all records of the namespace.
 */
export type Erasure =
  | { readonly offset: Offset }
  | { readonly room: string }
  | { readonly by: string }
  | { readonly all: true };

/**
 * Logs by namespace. Guarantees: the offsets of a namespace rise strictly, whoever appends. `read` returns each record
 * once and in order. Removed records are reported as a gap. Once `append` has succeeded, every reader sees the records.
 */
export interface Log {
  /**
   * Whether the log answers through promises, because its home is on another machine. A namespace then follows it only
   * while it has sockets.
   */
  readonly isRemote?: boolean;
  /** The tag of this process, with which its socket ids begin. Absent if the home tells every process of everything. */
  readonly tag?: string | undefined;
  /** Whether each append goes to one tag, or to all. Records for different tags should be appended one by one then. */
  readonly keepsTagsApart?: boolean | undefined;
  /**
   * Adds all of the records or none of them. Rejects with or throws UnavailableError when they cannot be stored. NATS
   * keeps more than 256 records (`BATCH_RECORDS_MAX`) in several parts: records of others may stand between them, and a
   * failure may leave the first parts. A server never appends so many at once.
   */
  append(namespace: string, records: readonly LogRecord[]): MaybePromise<Appended>;
  /**
   * Returns the records after `after`. With `text`, a home may leave out records whose event does not have that text,
   * but never the first. It then looks at about `limit` records, and the page has `passed` unless it is empty.
   */
  read(namespace: string, after: Offset, limit: number, text?: string): MaybePromise<Page>;
  /**
   * Returns the newest records before `before`, oldest first. Without `before` it returns the end of the log. History
   * uses it.
   */
  readBack(namespace: string, before: Offset | undefined, limit: number): MaybePromise<Page>;
  /**
   * Returns the records at some offsets, which rise: those that the log still has, in their order. Others may be among
   * them that had to be read, too. Absent if the log can only be read in its order. A server then keeps no index of
   * rooms.
   */
  readAt?(namespace: string, offsets: readonly Offset[]): MaybePromise<readonly StoredRecord[]>;
  /** Forgets what this process remembers of records, because some were erased. Absent if it remembers nothing. */
  forget?(namespace: string): void;
  /**
   * Whether the log has given out this offset, or the offset is the beginning. Offsets after the newest are unknown. So
   * are offsets that the log skipped because an earlier log in the same place may have given them out. Absent when a
   * log skips none.
   */
  knows?(namespace: string, offset: Offset): MaybePromise<boolean>;
  /** Returns an offset about so many records before another one. Absent if each record takes one number. */
  earlier?(namespace: string, offset: Offset, records: number): Offset;
  /** Returns the names of namespaces that have or had records, sorted. For tools. Absent if the home cannot tell. */
  namespaces?(): MaybePromise<readonly string[]>;
  /** Returns what a namespace has in the log. */
  extent(namespace: string): MaybePromise<LogExtent>;
  /** Returns `newest` of the extent. Absent if the extent takes no longer. */
  newest?(namespace: string): MaybePromise<Offset>;
  /**
   * Erases records that are in the log now, and resolves with their number. Later records stay, even if they are
   * appended before it resolves. An `erasedRecord` (own-records.ts) takes the place of each. Messages between nodes,
   * and what was erased before, stay and do not count. The texts are gone from the home once it resolves. Rejects with
   * or throws UnavailableError; some records may then be erased.
   */
  erase(namespace: string, what: Erasure): MaybePromise<number>;
  /**
   * Sets how long this process keeps the records of a namespace. Bounds that are missing are those of the home. If
   * processes share a home, the shortest retention among them applies.
   */
  retain(namespace: string, retention: Partial<Retention>): void;
  /** Tells `follower` of all appends by others from now on. Never calls it when nobody else can append. */
  follow(namespace: string, follower: LogFollower): Following;
}

/** Bounds for the entries of one prefix in a store. */
export interface TextBounds {
  readonly countMax: number;
  /** Bytes of their keys and values, as UTF-8. */
  readonly bytesMax: number;
  /** Entries that expire within this many milliseconds are not counted and are left to expire. */
  readonly sparedMs: number;
}

/** The outcome of a swap. */
export interface Swapped {
  readonly swapped: boolean;
  /** The text that the key had before, `undefined` for none. */
  readonly value: string | undefined;
}

/**
 * When a change of a text takes effect. `at-once`: without waiting. `with-turn`: on this machine perhaps with the other
 * changes of the turn, before its events, else at once. `after-appends`: after the earlier appends of this process to
 * all logs, on this machine at once. In the store of no namespace, later appends may take effect before a swap.
 */
export type SwapOrder = 'at-once' | 'with-turn' | 'after-appends';

/** The entries of a table at one moment. */
export interface TableList {
  /** Opaque text that differs whenever the entries differ. Renewed leases do not change it. */
  readonly version: string;
  /** The entries whose leases run, sorted by key. */
  readonly entries: readonly (readonly [key: string, value: string])[];
}

/**
 * A set of texts with leases, which all processes share. Guarantee: an entry is in no list once its lease has ended,
 * and the version differs from then on, although nobody has removed the entry.
 */
export interface LeaseTable {
  /** Sets an entry for `leaseMs` milliseconds. The same value renews the lease alone, as its owner does in time. */
  put(key: string, value: string, leaseMs: number): MaybePromise<void>;
  /** Returns the value of an entry. */
  get(key: string): MaybePromise<string | undefined>;
  /** Removes an entry. If `expected` is given, the entry is removed only while it has that value. */
  remove(key: string, expected?: string): MaybePromise<void>;
  /**
   * Returns at most `limit` entries, or `'same'` if the version is still `unless`. That answer costs little, however
   * large the table is. The version is that of the whole table.
   */
  list(limit: number, unless?: string): MaybePromise<TableList | 'same'>;
}

/** Strings by key, with an optional expiry, and tables. They belong to one namespace, or to none. */
export interface NamespaceStore {
  /** Whether entries outlive the process. */
  readonly isDurable: boolean;
  get(key: string): MaybePromise<string | undefined>;
  /** Stores an entry for `expiresInMs` milliseconds. @default for ever */
  set(key: string, value: string, expiresInMs?: number): MaybePromise<void>;
  delete(key: string): MaybePromise<void>;
  /**
   * Stores an entry if the key has the text `expected`, or none for `undefined`. The value `undefined` deletes the
   * entry instead. No change of any process comes between the comparison and the change. Earlier changes of other keys
   * may take effect later. Rejects with or throws UnavailableError.
   *
   * @default expiresInMs never, order 'at-once'
   */
  swap(
    key: string,
    expected: string | undefined,
    value: string | undefined,
    expiresInMs?: number,
    order?: SwapOrder,
  ): MaybePromise<Swapped>;
  /** Writes pending changes now. Absent when changes never wait for long. */
  flush?(): void;
  /**
   * Returns the table with a name. Its entries are not among the texts of the store. A table without entries takes no
   * space.
   */
  table(name: string): LeaseTable;
}

/**
 * The store of a backplane. Its texts can be listed. Those of a namespace cannot, because a list would cost all homes
 * but the local ones an index of the sessions.
 */
export interface KeyValueStore extends NamespaceStore {
  /** Returns the entries whose keys begin with `prefix`, sorted by key, at most `limit` of them. */
  list(prefix: string, limit: number): MaybePromise<readonly (readonly [key: string, value: string])[]>;
  /**
   * Removes entries whose keys begin with `prefix` until the rest is within the bounds. The entries that expire first
   * go first. Other work runs while this takes its time. Absent when entries go by age alone. Rejects with
   * UnavailableError.
   */
  trim?(prefix: string, bounds: TextBounds): Promise<void>;
}

/**
 * How well a home on another machine can be reached. `connecting`: it was not reached yet, for five seconds at most.
 * `slow`: the connection is lost. `away`: there has been no connection for five seconds. `catching-up`: it is there
 * again, and takes the requests that have waited. `unusable`: it refuses to be the home, for example because of its
 * settings, until somebody mends that.
 */
export type BackplaneState = 'connecting' | 'up' | 'slow' | 'away' | 'catching-up' | 'unusable';

/** Learns of a new state. With `away` and `unusable`, the reason is that of the newest try to connect. */
export type StateListener = (state: BackplaneState, reason?: unknown) => void;

/** Returns the error of a request to a home that cannot be used. */
export function notUsed(reason: Error): UnavailableError {
  return new UnavailableError('REFUSED', `The home of the log cannot be used. ${reason.message}`, reason);
}

/**
 * A home of the log. Guarantee: requests of a process to the log of a namespace and to the store of that namespace take
 * effect in the order in which it made them, across both. After a crash, no request has taken effect without all
 * earlier ones. So sessions are written before the events that tell of them. A home without `storeOf` promises this
 * across all namespaces.
 */
export interface Backplane {
  /** Identifies the kind of backplane: `memory`, `local`. */
  readonly name: string;
  readonly log: Log;
  readonly store: KeyValueStore;
  /**
   * Returns the store whose texts stand beside the log of a namespace. Stores of different namespaces share no texts,
   * and none with `store`. Absent if all texts are in `store`.
   */
  storeOf?(namespace: string): NamespaceStore;
  /** Connects the servers that share this home. Absent if they cannot be connected. */
  readonly talk?: Talk;
  /** Whether only talk connects the servers. Log and store are then in the memory of this process. */
  readonly isCarrier?: boolean;
  /** How well the home can be reached. Absent if it is always there. */
  readonly state?: BackplaneState;
  /** Why the home cannot be used, in the state `unusable`. `undefined` in any other state. */
  readonly unusable?: Error | undefined;
  /** Calls `listener` when the state changes. Returns the function that ends this. */
  onState?(listener: StateListener): () => void;
  /**
   * Calls `listener` with the errors of what the backplane does by itself, which nobody else hears of. Returns the
   * function that ends this. Absent if the backplane does nothing by itself.
   */
  onError?(listener: (error: unknown) => void): () => void;
  /**
   * Resolves when the home was reached for the first time. Rejects with the reason if the first try fails: ConfigError
   * if the home cannot be used as it is set up, UnavailableError if it cannot be reached. More tries follow. Absent if
   * the home is always there.
   */
  ready?(): Promise<void>;
  /**
   * Releases files and connections. Appended records stay. Requests that are on their way are answered first. A home
   * that has not answered for five seconds is not waited for.
   */
  close(): Promise<void>;
}

/** Returns the store for the texts of a namespace. Keys name it as well, because `store` may have the texts of all. */
export function storeOf(backplane: Backplane, namespace: string): NamespaceStore {
  return backplane.storeOf?.(namespace) ?? backplane.store;
}

const OFFSET_DIGITS = 11;

/**
 * All pairs of base-36 digits. JavaScript formats numbers above 2^31 slowly, and the offsets of a log share all but
 * their last four digits.
 */
const PAIRS: readonly string[] = Array.from({ length: 36 ** 2 }, (_, n) => n.toString(36).padStart(2, '0'));
const LAST_FOUR = PAIRS.length ** 2;

/** The leading digits that were formatted last, and their number. */
let [first, firstDigits] = [-1, ''];

/** Returns the offset of a record by its number, which begins with 1. The number 0 is the offset of the beginning. */
export function encodeOffset(sequence: number): Offset {
  const high = Math.floor(sequence / LAST_FOUR);
  if (high !== first) [first, firstDigits] = [high, high.toString(36).padStart(OFFSET_DIGITS - 4, '0')];
  const low = sequence - high * LAST_FOUR;
  return `${firstDigits}${PAIRS[Math.floor(low / PAIRS.length)]}${PAIRS[low % PAIRS.length]}`;
}

/** The offset before the first record. */
export const ZERO_OFFSET: Offset = encodeOffset(0);

/** Returns the number in an offset, or `undefined` when the value is not an offset. */
export function decodeOffset(offset: unknown): number | undefined {
  if (typeof offset !== 'string' || offset.length !== OFFSET_DIGITS || !/^[0-9a-z]+$/.test(offset)) return undefined;
  const sequence = Number.parseInt(offset, 36);
  return Number.isSafeInteger(sequence) ? sequence : undefined;
}

/** Returns the offset whose number is the next one, so that what stands before it ends with `offset`. */
export function nextOffset(offset: Offset): Offset {
  return encodeOffset((decodeOffset(offset) ?? 0) + 1);
}

/** Returns the offset whose number is smaller by `count`, or `ZERO_OFFSET`. */
export function lowerOffset(offset: Offset, count: number): Offset {
  return encodeOffset(Math.max(0, (decodeOffset(offset) ?? 0) - count));
}
