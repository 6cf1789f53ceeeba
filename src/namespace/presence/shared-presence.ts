/** Presence as the processes of one store share it: who is connected to which, and which of them are alive. */
import { chain, type KeyValueStore, type MaybePromise, whenResolved } from '../../backplane/backplane.js';
import type { Clock, Timer } from '../../base/clock.js';
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

/** Told of everybody who is present in a topic, a room of a namespace, and connected to a process that is alive. */
export interface TopicSink {
  onEntries(entries: readonly PresenceEntry[]): void;
}

/** What sharing needs. */
export interface SharedPresenceContext {
  readonly clock: Clock;
  readonly store: KeyValueStore;
  readonly settings: PresenceSettings;
  /** This process, by a name that no other has. */
  readonly node: string;
  onError(error: unknown): void;
}

interface OwnEntry {
  readonly topic: string;
  entry: PresenceEntry;
  writtenAt: number;
}

/** Leases that an entry is kept for in the store, so that those of a process that is gone do not stay for ever. */
const ENTRY_LEASES = 20;
const NODES_MAX = 1_000;
/** Changed topics that a process names; who has missed more looks at all of its own. */
const TOPICS_MAX = 64;
/** Topics that are read in one turn. */
const TURN_MAX = 500;
/** Of a process that was alive when its entries were read, and whose changes nobody has looked at yet. */
const UNSEEN: NodeSign = { changes: -1, topics: [] };
/** Entries that are written again at one look. */
const REWRITTEN_MAX = 2_000;

/**
 * Entries in a store. A process says every third of a lease that it is alive, with a count of its changes and the topics of the newest; the
 * others look at that, and read again only what has changed. Entries of a process that has not said so for a lease count no more, and
 * whoever meets them removes them.
 */
export class SharedPresence {
  readonly node: string;
  readonly #context: SharedPresenceContext;
  readonly #sinks = new Map<string, TopicSink>();
  readonly #own = new Map<string, OwnEntry>();
  #signs = new Map<string, NodeSign>();
  readonly #due = new Set<string>();
  /** Topics that are being read, and whether they changed meanwhile. */
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

  /** Tells who is present in a topic, now, or when it is known, and whenever others have changed it. */
  open(topic: string, sink: TopicSink): void {
    this.#isOver = false;
    this.#sinks.set(topic, sink);
    this.#schedule();
    this.#read(topic);
  }

  /** Nobody here wants to know any more. */
  close(topic: string, sink: TopicSink): void {
    // A namespace that went and came again has opened it anew.
    if (this.#sinks.get(topic) !== sink) return;
    this.#sinks.delete(topic);
    this.#due.delete(topic);
    if (this.#isIdle) this.#stop();
  }

  /** A connection of this process is present, or has another state. */
  write(topic: string, entry: PresenceEntry): void {
    const key = entryKey(topic, entry.socketId);
    // Before the entry, so that nobody takes it for one of a process that is gone.
    if (this.#own.size === 0) this.#sign();
    const own = { topic, entry, writtenAt: 0 };
    // To the end of the line, in which those stand first that were written first.
    this.#own.delete(key);
    this.#own.set(key, own);
    this.#put(key, own);
    this.#note(topic);
    this.#schedule();
  }

  /** A connection of this process is not present any more. */
  erase(topic: string, socketId: string): void {
    this.forget(topic, socketId);
    const key = entryKey(topic, socketId);
    this.#request(
      () => this.#context.store.get(key),
      (text) => {
        // It may have come back to another process.
        if (decodeEntry(text, socketId)?.node === this.node) this.#request(() => this.#context.store.delete(key));
        this.#note(topic);
      },
    );
  }

  /** A connection of this process is another's now. */
  forget(topic: string, socketId: string): void {
    this.#own.delete(entryKey(topic, socketId));
    if (this.#isIdle) this.#stop();
  }

  /** Gives the connection that is present, through whatever process, if it is. */
  find(topic: string, socketId: string, onFound: (entry: PresenceEntry | undefined) => void): void {
    this.#request(
      () => this.#context.store.get(entryKey(topic, socketId)),
      (text) => onFound(decodeEntry(text, socketId)),
    );
  }

  /** Who is present in a topic, through processes that are alive. */
  load(topic: string): MaybePromise<readonly PresenceEntry[]> {
    const { store, settings } = this.#context;
    const prefix = entryPrefix(topic);
    return chain(store.list(NODE_PREFIX, NODES_MAX), (nodes) => {
      const alive = new Set(nodes.map(([key]) => key.slice(NODE_PREFIX.length)));
      return chain(store.list(prefix, settings.connectionsMax), (listed) => this.#choose(listed, prefix, alive));
    });
  }

  /** The process ends. Connections that may come back elsewhere count as here for `lingerMs`. */
  end(lingerMs: number): void {
    if (this.#isOver) return;
    const { store } = this.#context;
    for (const [key, { topic }] of lingerMs > 0 ? [] : this.#own) {
      this.#request(() => store.delete(key));
      this.#remember(topic);
    }
    // Those that are told of the last changes, and those that need to know that it was alive.
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
        // Should its process be gone at the next look, that is to be seen.
        if (!isOwn && !this.#signs.has(entry.node)) this.#signs.set(entry.node, UNSEEN);
      } else if (!this.#isOver) this.#request(() => this.#context.store.delete(key));
    }
    return entries;
  }

  /** One at a time for each topic, so that none overtakes a later one. */
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

  // What this process says.

  /** A topic has changed; it is said at the end of the turn. */
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
    this.#request(() => store.set(nodeKey(this.node), this.#signText(), settings.leaseMs));
  }

  #signText(): string {
    return encodeSign({ changes: this.#changes, topics: this.#changed });
  }

  #put(key: string, own: OwnEntry): void {
    const { clock, store, settings } = this.#context;
    own.writtenAt = clock.now();
    // Its key says which socket it is of.
    const text = JSON.stringify({ ...own.entry, socketId: undefined });
    this.#request(() => store.set(key, text, ENTRY_LEASES * settings.leaseMs));
  }

  // What others say.

  #schedule(): void {
    if (this.#timer !== undefined || this.#isOver) return;
    this.#timer = this.#context.clock.setTimeout(
      (shared: SharedPresence) => shared.#tick(),
      this.#context.settings.pollMs,
      this,
    );
    const timer = this.#timer;
    // Who only looks does not keep the program alive; connections do.
    if (typeof timer === 'object' && 'unref' in timer && typeof timer.unref === 'function') timer.unref();
  }

  #stop(): void {
    if (this.#timer !== undefined) this.#context.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    this.#timer = undefined;
    if (this.#isIdle) return;
    this.#schedule();
    const { clock, settings, store } = this.#context;
    const now = clock.now();
    // A clock that was set back must not keep it silent.
    const isDue = (now - this.#signedAt) * 3 >= settings.leaseMs || now < this.#signedAt;
    if (this.#own.size > 0 && isDue) {
      // Who was held up for longer than a lease was taken for gone, and its entries have been removed.
      if (now - this.#signedAt >= settings.leaseMs) this.#rewrite(now + 1, Number.POSITIVE_INFINITY);
      this.#sign();
    }
    this.#rewrite(now - (ENTRY_LEASES * settings.leaseMs) / 2, REWRITTEN_MAX);
    this.#request(
      () => store.list(NODE_PREFIX, NODES_MAX),
      (listed) => this.#compare(listed),
    );
  }

  /** Writes entries again that were written before a time, at most so many. */
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
  // Nothing follows a write, and what failed was reported: the next look comes by itself.
}

type Listed = readonly (readonly [key: string, value: string])[];
