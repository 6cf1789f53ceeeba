/** The contract of a home on another machine: it carries out requests that come over an uplink, which may break. */

import type {
  Appended,
  Batch,
  Erasure,
  LogExtent,
  LogRecord,
  Offset,
  Page,
  Retention,
  StoredRecord,
  SwapOrder,
  Swapped,
  TableList,
  TextBounds,
} from 'naru/backplane';
import type { Bytes } from 'naru/base';

/** The namespace whose store is meant, or `undefined` for the store of texts that belong to no namespace. */
export type StoreName = string | undefined;

/** The requests that a home answers. Each method does what the method of the same name in backplane.ts describes. */
export interface HomeMethods {
  append(namespace: string, records: readonly LogRecord[]): Appended;
  read(namespace: string, after: Offset, limit: number, text?: string): Page;
  readBack(namespace: string, before: Offset | undefined, limit: number): Page;
  readAt(namespace: string, offsets: readonly Offset[]): readonly StoredRecord[];
  knows(namespace: string, offset: Offset): boolean;
  extent(namespace: string): LogExtent;
  newest(namespace: string): Offset;
  namespaces(): readonly string[];
  erase(namespace: string, what: Erasure): number;
  retain(namespace: string, retention: Partial<Retention>): void;
  /**
   * From now on, the uplink is told of appends to the namespace after the newest offset, which is the answer. With
   * tags, the home may leave out the records that `audienceOf` gives another one. A later call adds its tags to those
   * of the calls before.
   */
  follow(namespace: string, tags?: readonly string[]): Offset;
  unfollow(namespace: string): void;
  get(store: StoreName, key: string): string | undefined;
  /** Lists texts of the store without a name. */
  list(prefix: string, limit: number): readonly (readonly [key: string, value: string])[];
  /** Trims texts of the store without a name. Only homes that can do so are asked. */
  trim(prefix: string, bounds: TextBounds): void;
  set(store: StoreName, key: string, value: string, expiresInMs?: number): void;
  delete(store: StoreName, key: string): void;
  swap(
    store: StoreName,
    key: string,
    expected: string | undefined,
    value: string | undefined,
    expiresInMs?: number,
    order?: SwapOrder,
  ): Swapped;
  tablePut(store: StoreName, table: string, key: string, value: string, leaseMs: number): void;
  tableGet(store: StoreName, table: string, key: string): string | undefined;
  tableRemove(store: StoreName, table: string, key: string, expected?: string): void;
  tableList(store: StoreName, table: string, limit: number, unless?: string): TableList | 'same';
  /**
   * Does nothing. An idle uplink that answers is alive. It has brought what others said before that, on the channels
   * that it hears.
   */
  ping(): void;
}

/** The name of a method. */
export type HomeMethod = keyof HomeMethods;

/** Names a write of one run of a node. A home carries out each write once, however often it is sent. */
export interface WriteId {
  /** The node. A code is never used again. */
  readonly writer: string;
  /** Rises with every write of the writer. */
  readonly number: number;
  /**
   * The writer has the answers to all of its writes of this kind up to this number, so the home may forget them. The
   * appends to one namespace are a kind, and so are the writes of texts and tables.
   */
  readonly settled: number;
}

/** A request. Only methods that change something have a `write`. */
export type HomeRequest = {
  [Method in HomeMethod]: {
    readonly method: Method;
    readonly args: Parameters<HomeMethods[Method]>;
    readonly write: WriteId | undefined;
    /**
     * Whether somebody still waits for the answer. A home may leave out what nobody waits for. @default it is always
     * wanted
     */
    isWanted?(): boolean;
  };
}[HomeMethod];

/**
 * One connection to a home. Guarantee: requests are carried out in the order of the calls, and none without all earlier
 * ones of the uplink. A write that was carried out before, over this uplink or an earlier one, is answered again and
 * changes nothing.
 */
export interface Uplink {
  /** Resolves with the answer. Rejects if the home refuses the request. Settles never if the uplink breaks first. */
  call(request: HomeRequest): Promise<unknown>;
  /**
   * Gives bytes to every uplink that hears a channel, at most once. A home keeps the order of what one uplink says on
   * one channel, and no other. Resolves when more can follow, with `false` if the home knows that no uplink hears the
   * channel. Never rejects. Bytes may get lost when an uplink breaks. If it is this uplink, the promise never settles.
   * There are at most `SAID_BYTES_MAX` bytes, and they do not change any more. A channel has the name of a namespace,
   * which begins with a slash, or another name of at most 100 characters.
   */
  say(channel: string, bytes: Bytes): Promise<boolean>;
  /**
   * From now on, the uplink is told what is said on a channel. Resolves when the uplink hears all that is said
   * afterwards. Never rejects, and never settles if the uplink breaks first. An uplink may also hear what it says
   * itself.
   */
  hear(channel: string): Promise<void>;
  /** Ends that. */
  unhear(channel: string): void;
  /**
   * When the home ends the uplink, in milliseconds of the clock. Another one takes its place before that. Absent for an
   * uplink that may stay.
   */
  readonly expiresAt?: number | undefined;
  /** Ends the uplink. `onClose` is not called. */
  close(): void;
}

/** Learns what an uplink brings: nothing any more once the uplink is closed, or has told that it broke. */
export interface UplinkHandler {
  /** The run of the node. It has the offsets of its own batches from the answers to its appends. */
  readonly writer: string;
  /** Others than `writer` appended to a namespace that the uplink follows. Batches of a namespace come in log order. */
  onBatch(namespace: string, batch: Batch): void;
  /** Batches of a namespace may have been lost, although the uplink is still there. */
  onMore(namespace: string): void;
  /** Somebody said bytes on a channel that the uplink hears. The bytes belong to the receiver. */
  onSaid(channel: string, bytes: Bytes): void;
  /** A request that takes long goes on. The uplink is not broken, although nothing is answered. */
  onWork?(): void;
  /** The home has refused something, and no request says so. */
  onError?(error: unknown): void;
  /** The uplink broke. Nothing comes over it any more. `reason` is an error for people, if the home has one. */
  onClose(reason?: unknown): void;
}

/** A home that can be reached. */
export interface Home {
  /**
   * Opens an uplink. Rejects if the home cannot be reached. Rejects with ConfigError, or with UnavailableError
   * (REFUSED), if the home cannot be used until somebody mends it.
   */
  connect(handler: UplinkHandler): Promise<Uplink>;
  /** Forgets what was read of a namespace, because records of it were erased. Absent if nothing is remembered. */
  forget?(namespace: string): void;
}
