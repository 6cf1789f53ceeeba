/** Shares presence between the processes of one store: their connections, and which processes are alive. */
import { chain, type KeyValueStore, type MaybePromise, whenResolved } from '../../backplane/backplane.js';
import { type Clock, type Timer, unreferenced } from '../../base/clock.js';
import type { PresenceEntry } from './roster.js';
import type { PresenceSettings } from './settings.js';
import {
  decodeEntry,
  decodeSign,
  encodeSign,
  entryKey,
  entryPrefix,
  NODE_PREFIX,
  type NodeSign,
  nodeKey,
} from './shared-keys.js';

/** Receives everybody who is present in a topic through a process that is alive. A topic is a room of a namespace. */
export interface TopicSink {
  onEntries(entries: readonly PresenceEntry[]): void;
}

/** The parts of the server that sharing uses. */
export interface SharedPresenceContext {
  readonly clock: Clock;
  readonly store: KeyValueStore;
  readonly settings: PresenceSettings;
  /** The unique name of this process. */
  readonly node: string;
  onError(error: unknown): void;
  /** Tells the other processes at once that this one has written changes. Without it they see the changes at their next look. */
  hint?(): void;
}

interface OwnEntry {
  readonly topic: string;
  entry: PresenceEntry;
  writtenAt: number;
}

/** Number of leases for which the store keeps an entry, so that entries of a dead process expire. */
const ENTRY_LEASES = 20;
const NODES_MAX = 1_000;
/** Most changed topics in a sign. A process that has missed more reads all of its topics again. */
const TOPICS_MAX = 64;
/** Topics that are read in one turn. */
const TURN_MAX = 500;
/** Stands for the sign of a process that was alive when its entries were read, until its real sign is read. */
const UNSEEN: NodeSign = { changes: -1, topics: [] };
/** Entries that are rewritten at one tick. */
const REWRITTEN_MAX = 2_000;

/**
 * Presence entries in a store. Each process writes three signs of life per lease, each with the count of its changes and the topics of the
 * newest ones. The others compare signs and read only the topics that have changed. Entries of a process without a sign for a lease no
 * longer count, and the process that reads them removes them.
 */
export class SharedPresence {
  readonly node: string;
  readonly #context: SharedPresenceContext;
  readonly #sinks = new Map<string, TopicSink>();
  readonly #own = new Map<string, OwnEntry>();
  #signs = new Map<string, NodeSign>();
  readonly #due = new Set<string>();
  /** Topics that are being read, and whether they have changed since the reading began. */
  readonly #reading = new Map<string, boolean>();
  #changes = 0;
  #changed: string[] = [];
  #signedAt = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined = undefined;
  #isSigning = false;
  #isReading = false;
  #isOver = false;

  constructor(context: SharedPresenceContext) {
    this.#context = context;
    this.node = context.node;
  }

  /**
   * Reports everybody who is present in a topic to `sink`: when the topic is loaded, and again whenever other processes have changed it.
   */
  open(topic: string, sink: TopicSink): void {
    this.#isOver = false;
    this.#sinks.set(topic, sink);
    this.#schedule();
    this.#read(topic);
  }

  /** Ends the reports to a sink. */
  close(topic: string, sink: TopicSink): void {
    // A namespace that was removed and created again has opened the topic anew.
    if (this.#sinks.get(topic) !== sink) return;
    this.#sinks.delete(topic);
    this.#due.delete(topic);
    if (this.#isIdle) this.#stop();
  }

  /** Stores a connection of this process that is present or has another state. */
  write(topic: string, entry: PresenceEntry): void {
    const key = entryKey(topic, entry.socketId);
    // The sign comes first, so that no other process takes the entry for one of a dead process.
    if (this.#own.size === 0) this.#sign();
    const own = { topic, entry, writtenAt: 0 };
    // Moved to the end, because entries are in the order of their last write.
    this.#own.delete(key);
    this.#own.set(key, own);
    this.#put(key, own);
    this.#note(topic);
    this.#schedule();
  }

  /** Removes a connection of this process that is no longer present. */
  erase(topic: string, socketId: string): void {
    this.forget(topic, socketId);
    const key = entryKey(topic, socketId);
    this.#request(
      () => this.#context.store.get(key),
      (text) => {
        // The client may have come back to another process.
        if (decodeEntry(text, socketId)?.node === this.node) this.#request(() => this.#context.store.delete(key));
        this.#note(topic);
      },
    );
  }

  /** Gives up a connection of this process, because another process has it now. */
  forget(topic: string, socketId: string): void {
    this.#own.delete(entryKey(topic, socketId));
    if (this.#isIdle) this.#stop();
  }

  /** Calls `onFound` with the entry of a connection that is present through any process, or with `undefined`. */
  find(topic: string, socketId: string, onFound: (entry: PresenceEntry | undefined) => void): void {
    this.#request(
      () => this.#context.store.get(entryKey(topic, socketId)),
      (text) => onFound(decodeEntry(text, socketId)),
    );
  }

  /** Returns everybody who is present in a topic through a process that is alive. */
  load(topic: string): MaybePromise<readonly PresenceEntry[]> {
    const { store, settings } = this.#context;
    const prefix = entryPrefix(topic);
    return chain(store.list(NODE_PREFIX, NODES_MAX), (nodes) => {
      const alive = new Set(nodes.map(([key]) => key.slice(NODE_PREFIX.length)));
      return chain(store.list(prefix, settings.connectionsMax), (listed) => this.#choose(listed, prefix, alive));
    });
  }

  /** Ends this process. Connections that may come back elsewhere count as present for `lingerMs`. */
  end(lingerMs: number): void {
    if (this.#isOver) return;
    const { store } = this.#context;
    for (const [key, { topic }] of lingerMs > 0 ? [] : this.#own) {
      this.#request(() => store.delete(key));
      this.#remember(topic);
    }
    // The sign stays for a while. Other processes read the last changes from it, and count the remaining entries until it expires.
    const expiresInMs = Math.max(lingerMs, this.#context.settings.pollMs * 3);
    if (this.#own.size > 0 || this.#isSigning)
      this.#request(() => store.set(nodeKey(this.node), this.#signText(), expiresInMs));
    this.#isOver = true;
    this.#own.clear();
    this.#sinks.clear();
    this.#due.clear();
    this.#reading.clear();
    this.#signs.clear();
    this.#stop();
  }

  get #isIdle(): boolean {
    return this.#sinks.size === 0 && this.#own.size === 0;
  }

  #choose(listed: Listed, prefix: string, alive: ReadonlySet<string>): readonly PresenceEntry[] {
    const entries: PresenceEntry[] = [];
    for (const [key, text] of listed) {
      const entry = decodeEntry(text, key.slice(prefix.length));
      if (!entry) continue;
      const isOwn = entry.node === this.node;
      if (isOwn ? this.#own.has(key) : alive.has(entry.node)) {
        entries.push(entry);
        // Noted, so that the next comparison detects when that process is gone.
        if (!isOwn && !this.#signs.has(entry.node)) this.#signs.set(entry.node, UNSEEN);
      } else if (!this.#isOver) this.#request(() => this.#context.store.delete(key));
    }
    return entries;
  }

  /** Reads a topic. Only one reading of a topic runs at a time, so that an older result never replaces a newer one. */
  #read(topic: string): void {
    if (this.#reading.has(topic)) {
      this.#reading.set(topic, true);
      return;
    }
    this.#reading.set(topic, false);
    const done = (): void => {
      const isStale = this.#reading.get(topic);
      this.#reading.delete(topic);
      if (isStale) this.#read(topic);
    };
    this.#request(
      () => this.load(topic),
      (entries) => {
        this.#sinks.get(topic)?.onEntries(entries);
        done();
      },
      done,
    );
  }

  // The signs of this process.

  /** Notes a changed topic. The sign follows at the end of the turn. */
  #note(topic: string): void {
    this.#remember(topic);
    if (this.#isSigning || this.#isOver) return;
    this.#isSigning = true;
    this.#context.clock.defer((shared: SharedPresence) => {
      shared.#isSigning = false;
      if (!shared.#isOver) shared.#sign();
    }, this);
  }

  #remember(topic: string): void {
    this.#changes += 1;
    this.#changed.push(topic);
    if (this.#changed.length > TOPICS_MAX) this.#changed.shift();
  }

  #sign(): void {
    const { clock, store, settings } = this.#context;
    this.#signedAt = clock.now();
    this.#request(
      () => store.set(nodeKey(this.node), this.#signText(), settings.leaseMs),
      () => this.#context.hint?.(),
    );
  }

  #signText(): string {
    return encodeSign({ changes: this.#changes, topics: this.#changed });
  }

  #put(key: string, own: OwnEntry): void {
    const { clock, store, settings } = this.#context;
    own.writtenAt = clock.now();
    // The key already names the socket.
    const text = JSON.stringify({ ...own.entry, socketId: undefined });
    this.#request(() => store.set(key, text, ENTRY_LEASES * settings.leaseMs));
  }

  // The signs of other processes.

  #schedule(): void {
    if (this.#timer !== undefined || this.#isOver) return;
    const { clock, settings } = this.#context;
    // Listening alone does not keep the program alive. Connections do.
    this.#timer = unreferenced(clock.setTimeout((shared: SharedPresence) => shared.#tick(), settings.pollMs, this));
  }

  #stop(): void {
    if (this.#timer !== undefined) this.#context.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    this.#timer = undefined;
    if (this.#isIdle) return;
    this.#schedule();
    const { clock, settings } = this.#context;
    const now = clock.now();
    // The sign is also due after the clock was set back.
    const isDue = (now - this.#signedAt) * 3 >= settings.leaseMs || now < this.#signedAt;
    if (this.#own.size > 0 && isDue) {
      // After a delay of a lease or more, others took this process for gone and removed its entries.
      if (now - this.#signedAt >= settings.leaseMs) this.#rewrite(now + 1, Number.POSITIVE_INFINITY);
      this.#sign();
    }
    this.#rewrite(now - (ENTRY_LEASES * settings.leaseMs) / 2, REWRITTEN_MAX);
    this.look();
  }

  /** Looks at the signs of the other processes. Called at intervals, and when another process has written changes. */
  look(): void {
    if (this.#isOver || this.#isIdle) return;
    this.#request(
      () => this.#context.store.list(NODE_PREFIX, NODES_MAX),
      (listed) => this.#compare(listed),
    );
  }

  /** Rewrites at most `most` entries whose last write is before a time. */
  #rewrite(before: number, most: number): void {
    let left = Math.min(this.#own.size, most);
    for (const [key, own] of this.#own) {
      if (own.writtenAt >= before || left === 0) return;
      left -= 1;
      this.#own.delete(key);
      this.#own.set(key, own);
      this.#put(key, own);
      this.#remember(own.topic);
    }
  }

  #compare(listed: Listed): void {
    const signs = new Map<string, NodeSign>();
    for (const [key, text] of listed) {
      const sign = decodeSign(text);
      if (sign) signs.set(key.slice(NODE_PREFIX.length), sign);
    }
    const isKnown = [...this.#signs.keys()].every((node) => signs.has(node));
    if (!isKnown) this.#dueAll();
    for (const [node, { changes, topics }] of signs) {
      const seen = this.#signs.get(node)?.changes;
      if (node === this.node || seen === changes) continue;
      const missed = seen === undefined ? Number.POSITIVE_INFINITY : changes - seen;
      if (missed > topics.length || missed < 0) this.#dueAll();
      else for (const topic of topics.slice(-missed)) if (this.#sinks.has(topic)) this.#due.add(topic);
    }
    this.#signs = signs;
    this.#readDue();
  }

  #dueAll(): void {
    for (const topic of this.#sinks.keys()) this.#due.add(topic);
  }

  #readDue(): void {
    if (this.#isReading || this.#due.size === 0) return;
    let count = 0;
    for (const topic of this.#due) {
      if (count === TURN_MAX) break;
      count += 1;
      this.#due.delete(topic);
      this.#read(topic);
    }
    if (this.#due.size === 0) return;
    this.#isReading = true;
    this.#context.clock.defer((shared: SharedPresence) => {
      shared.#isReading = false;
      shared.#readDue();
    }, this);
  }

  #request<T>(ask: () => MaybePromise<T>, onValue: (value: T) => void = ignore, onFailed = ignore): void {
    const failed = (error: unknown): void => {
      this.#context.onError(error);
      onFailed();
    };
    try {
      whenResolved(
        ask(),
        (value) => {
          if (!this.#isOver) onValue(value);
        },
        failed,
      );
    } catch (error) {
      failed(error);
    }
  }
}

function ignore(): void {
  // Nothing follows a write. Failures were reported, and the next tick tries again.
}

type Listed = readonly (readonly [key: string, value: string])[];
