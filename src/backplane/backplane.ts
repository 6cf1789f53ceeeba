/** The log of each namespace, and what is remembered beside it: the contract that memory, a disk and a broker keep. */
import type { Bytes } from '../base/bytes.js';

/** A position in the log of a namespace: a text that sorts in the order of the log. Nothing else is to be read from it. */
export type Offset = string;

/** What is there at once, or comes later. */
export type MaybePromise<T> = T | Promise<T>;

/** An event in the log. */
export interface LogRecord {
  /** The rooms that it was sent to; none: everybody in the namespace. */
  readonly rooms: readonly string[];
  /** The rooms whose members do not get it. */
  readonly except: readonly string[];
  /** JSON of the list of its name and its arguments; where bytes stand, Socket.IO's placeholders. */
  readonly event: string;
  /** The bytes that the placeholders stand for. */
  readonly attachments: readonly Bytes[];
  /** When it was appended, in milliseconds since the Unix epoch. */
  readonly at: number;
  /** Of the records with one key only the newest matters to whoever is late. */
  readonly key?: string;
}

/** A record with its place. */
export interface StoredRecord extends LogRecord {
  readonly offset: Offset;
}

/**
 * A record at its place. Member by member: a copy with one more (`{ ...record, offset }`) gets a hidden class of its own in V8, which
 * takes four microseconds and 330 bytes.
 */
export function storedAs({ rooms, except, event, attachments, at, key }: LogRecord, offset: Offset): StoredRecord {
  return { rooms, except, event, attachments, at, key, offset };
}

/** What an append answers. */
export interface Appended {
  /** The offset of each record, in their order. */
  readonly offsets: readonly Offset[];
  /** The newest offset before them: where it is not the one that the caller knows, others have appended meanwhile. */
  readonly previous: Offset;
}

/** A part of the log. */
export interface Page {
  /** Records behind the asked offset, oldest first, at most as many as asked. */
  readonly records: readonly StoredRecord[];
  /** Whether records between the asked offset and the first of these have been let go: something is missing. */
  readonly hasGap: boolean;
}

/** What retention has left of a namespace, and how much it takes. */
export interface LogExtent {
  /** Offset of the oldest record; nothing when there is none. */
  readonly oldest: Offset | undefined;
  /** Offset of the newest record that was ever appended; ZERO_OFFSET before the first. */
  readonly newest: Offset;
  readonly count: number;
  readonly bytes: number;
}

/** How long records are kept; whichever bound is met first. */
export interface Retention {
  /** Age in milliseconds. */
  readonly ageMs: number;
  /** Bytes of a namespace. */
  readonly bytes: number;
}

/**
 * Logs by namespace. Guarantees: offsets of a namespace rise strictly, whoever appends; `read` gives each record once and in their order;
 * what was let go is told as a gap; what `append` answered is read by everybody from then on.
 */
export interface Log {
  /** Adds records; all of them or none. Rejects, or throws, UnavailableError when they cannot be kept. */
  append(namespace: string, records: readonly LogRecord[]): MaybePromise<Appended>;
  /** The records behind `after`. */
  read(namespace: string, after: Offset, limit: number): MaybePromise<Page>;
  /** The newest records before `before` (from the end, without it), oldest first: for history. */
  readBack(namespace: string, before: Offset | undefined, limit: number): MaybePromise<Page>;
  /**
   * Whether it has given an offset out, or that is the beginning; not one beyond the newest, nor one that it left out because a log that was
   * here before may have given it out. Absent where none are left out.
   */
  knows?(namespace: string, offset: Offset): MaybePromise<boolean>;
  /** What there is of a namespace. */
  extent(namespace: string): MaybePromise<LogExtent>;
  /** Calls `onMore` after others have appended; gives the function that ends it. Where nobody else can, it never calls. */
  follow(namespace: string, onMore: () => void): () => void;
}

/** What entries of one prefix may take in a store. */
export interface TextBounds {
  readonly countMax: number;
  /** Bytes of their keys and values, as UTF-8. */
  readonly bytesMax: number;
  /** Milliseconds: what expires so soon is not counted, and is left to expire. */
  readonly sparedMs: number;
}

/** Texts by key, which may expire. */
export interface KeyValueStore {
  /** Whether what is set outlives the process. */
  readonly isDurable: boolean;
  get(key: string): MaybePromise<string | undefined>;
  /** `expiresInMs`: for how long it is kept. @default for ever */
  set(key: string, value: string, expiresInMs?: number): MaybePromise<void>;
  delete(key: string): MaybePromise<void>;
  /** The entries whose keys begin with `prefix`, at most `limit` of them, by key. */
  list(prefix: string, limit: number): MaybePromise<readonly (readonly [key: string, value: string])[]>;
  /**
   * Lets go of entries whose keys begin with `prefix`, those first that expire first, until they are within the bounds. It may take a
   * while, in which others are served. Absent where entries go by their age alone. Rejects with UnavailableError.
   */
  trim?(prefix: string, bounds: TextBounds): Promise<void>;
  /** Writes at once what waits to be written; where there is none, nothing does for long. */
  flush?(): void;
}

/**
 * A home of the log. Guarantee: what a process asks of the log and the store is carried out in the order in which it asked, in both together,
 * and when the process dies nothing is carried out without all that it asked before: sessions are written before the events that tell of them.
 */
export interface Backplane {
  /** Names it: `memory`, `local`. */
  readonly name: string;
  readonly log: Log;
  readonly store: KeyValueStore;
  /** Lets go of what is open; what was appended stays. */
  close(): Promise<void>;
}

const OFFSET_DIGITS = 11;

/** All pairs of digits: of numbers beyond 2^31 the language writes digits slowly, and those of a log have all but the last four in common. */
const PAIRS: readonly string[] = Array.from({ length: 36 ** 2 }, (_, n) => n.toString(36).padStart(2, '0'));
const LAST_FOUR = PAIRS.length ** 2;

/** The digits before the last four that were written last, and what they stand for. */
let [first, firstDigits] = [-1, ''];

/** The offset of the record with that number, from 1; 0 is the beginning. */
export function encodeOffset(sequence: number): Offset {
  const high = Math.floor(sequence / LAST_FOUR);
  if (high !== first) [first, firstDigits] = [high, high.toString(36).padStart(OFFSET_DIGITS - 4, '0')];
  const low = sequence - high * LAST_FOUR;
  return `${firstDigits}${PAIRS[Math.floor(low / PAIRS.length)]}${PAIRS[low % PAIRS.length]}`;
}

/** The offset before the first record. */
export const ZERO_OFFSET: Offset = encodeOffset(0);

/** The number in an offset; `undefined` for what is none. */
export function decodeOffset(offset: unknown): number | undefined {
  if (typeof offset !== 'string' || offset.length !== OFFSET_DIGITS || !/^[0-9a-z]+$/.test(offset)) return undefined;
  const sequence = Number.parseInt(offset, 36);
  return Number.isSafeInteger(sequence) ? sequence : undefined;
}

/** Calls back with a value that is there, or when it is. */
export function whenResolved<T>(
  value: MaybePromise<T>,
  onValue: (value: T) => void,
  onError: (error: unknown) => void,
): void {
  if (value instanceof Promise) value.then(onValue, onError);
  else onValue(value);
}

/** What follows from a value that is there, or comes later. */
export function chain<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** Makes a request of a backplane. `onFailed` gives the value when the request throws, now or later. */
export function request<T>(make: () => MaybePromise<T>, onFailed: (error: unknown) => T): MaybePromise<T> {
  try {
    const value = make();
    return value instanceof Promise ? value.catch(onFailed) : value;
  } catch (error) {
    return onFailed(error);
  }
}
