/** Shares presence between the processes of one store: their connections, and which processes are alive. */
import type { KeyValueStore, LeaseTable, TableList } from '../../backplane/backplane.js';
import { type Clock, type Timer, unreferenced } from '../../base/clock.js';
import { setNewest } from '../../base/get-or-create.js';
import { type Answer, after, ask } from '../../base/steps/answer.js';
import type { PresenceEntry } from './roster.js';
import type { PresenceSettings } from './settings.js';
import { decodeEntry, encodeEntry, NODES_TABLE, type OwnEntry, ownKey, tableOf } from './shared-keys.js';

/** Receives everybody who is present in a topic through a process that is alive. A topic is a room of a namespace. */
export interface TopicSink {
  onEntries(entries: readonly PresenceEntry[]): void;
}

/** The message of a process that has written changes. */
export interface PresenceHint {
  readonly node: string;
  /** The number of its hints, with this one. */
  readonly changes: number;
  /** The topics that have changed since the previous hint. */
  readonly topics: readonly string[];
}

/** The parts of the server that sharing uses. */
export interface SharedPresenceContext {
  readonly clock: Clock;
  readonly store: KeyValueStore;
  readonly settings: PresenceSettings;
  /** The unique name of this process. */
  readonly node: string;
  onError(error: unknown): void;
  /** Tells the other processes at once of changes. Without it they see the changes at their next look. */
  hint?(hint: PresenceHint): void;
}

interface OpenTopic {
  readonly sink: TopicSink;
  /** The version of the entries that the sink has, `undefined` if it needs them in any case. */
  version: string | undefined;
}

/** Number of leases for which the store keeps an entry, so that entries of a dead process expire. */
export const ENTRY_LEASES = 20;
const NODES_MAX = 1_000;
/** Most topics in a hint. After a hint that lacks topics, the others look at all of theirs. */
const TOPICS_MAX = 1_000;
/** Topics that are read in one turn. */
const TURN_MAX = 500;
/** Entries that are rewritten at one tick, and changes that are made again. */
const REWRITTEN_MAX = 2_000;
/** Refused changes that are remembered. Beyond that, the lease of the oldest entry ends what the others see of it. */
const REFUSED_MAX = 100_000;

/**
 * Presence entries in a store, in a table for each topic. Each process leases an entry of the table of processes, with
 * the number of its changes. It hints at changed topics. A process that finds another number there than the hints have
 * told looks at all of its topics, which costs little for those that are the same. The entries of a process whose lease
 * has ended no longer count, and the process that reads them removes them.
 */
export class SharedPresence {
  readonly node: string;
  readonly #context: SharedPresenceContext;
  readonly #topics = new Map<string, OpenTopic>();
  readonly #own = new Map<string, OwnEntry>();
  /** The processes that are alive with the numbers of their changes, as last read, and the version of that. */
  #alive: ReadonlyMap<string, number> = new Map();
  #aliveVersion: string | undefined = undefined;
  /** The other processes with the numbers of their changes that this one has seen. */
  readonly #seen = new Map<string, number>();
  readonly #due = new Set<string>();
  /** Topics that are being read, and whether they have changed since the reading began. */
  readonly #reading = new Map<string, boolean>();
  /** Topics whose reading has failed. The next look reads them again. */
  readonly #failed = new Set<string>();
  /** Entries that the store has refused to write or to remove. The next ticks try again. */
  readonly #refused = new Map<string, OwnEntry>();
  #changes = 0;
  readonly #changed = new Set<string>();
  #signedAt = Number.NEGATIVE_INFINITY;
  /** The time at which this process asked for the newest sign that was answered. Its lease began then or later. */
  #leasedAt = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined = undefined;
  #isSigning = false;
  #isReading = false;
  #isOver = false;

  constructor(context: SharedPresenceContext) {
    this.#context = context;
    this.node = context.node;
  }

  /**
   * Reports everybody who is present in a topic to `sink`: when the topic is loaded, and again whenever other processes
   * have changed it.
   */
  open(topic: string, sink: TopicSink): void {
    this.#isOver = false;
    this.#topics.set(topic, { sink, version: undefined });
    this.#schedule();
    this.#read(topic);
  }

  /** Ends the reports to a sink. */
  close(topic: string, sink: TopicSink): void {
    // A namespace that was removed and created again has opened the topic anew.
    if (this.#topics.get(topic)?.sink !== sink) return;
    this.#topics.delete(topic);
    this.#due.delete(topic);
    this.#failed.delete(topic);
    if (this.#isIdle) this.#stop();
  }

  /** Stores a connection of this process that is present or has another state. */
  write(topic: string, entry: PresenceEntry): void {
    const key = ownKey(topic, entry.socketId);
    // The sign comes first, so that no other process takes the entry for one of a dead process.
    if (this.#own.size === 0) this.#sign();
    const own = { topic, entry, writtenAt: 0 };
    // Moved to the end, because entries are in the order of their last write.
    this.#own.delete(key);
    this.#own.set(key, own);
    this.#put(own);
    this.#note(topic);
    this.#schedule();
  }

  /** Removes a connection of this process that is no longer present. */
  erase(topic: string, socketId: string): void {
    const own = this.#own.get(ownKey(topic, socketId));
    this.forget(topic, socketId);
    if (own) this.#remove(own);
  }

  /** Gives up a connection of this process, because another process has it now. */
  forget(topic: string, socketId: string): void {
    this.#own.delete(ownKey(topic, socketId));
    if (this.#isIdle) this.#stop();
  }

  /** Calls `onFound` with the entry of a connection that is present through any process, or with `undefined`. */
  find(topic: string, socketId: string, onFound: (entry: PresenceEntry | undefined) => void): void {
    this.#request(
      () => this.#table(topic).get(socketId),
      (text) => onFound(decodeEntry(text, socketId)),
    );
  }

  /** Returns everybody who is present in a topic through a process that is alive. */
  load(topic: string): Answer<readonly PresenceEntry[]> {
    return after(this.#list(topic, undefined), (list) => (list === 'same' ? [] : this.#choose(topic, list)));
  }

  /** Takes a hint of another process. */
  onHint({ node, changes, topics }: PresenceHint): void {
    for (const topic of topics) if (this.#topics.has(topic)) this.#due.add(topic);
    if (topics.length < TOPICS_MAX && this.#seen.get(node) === changes - 1) this.#seen.set(node, changes);
    this.#readDue();
  }

  /** Ends this process. Connections that may come back elsewhere count as present for `lingerMs`. */
  end(lingerMs: number): void {
    if (this.#isOver) return;
    if (lingerMs === 0) for (const own of this.#own.values()) this.#remove(own);
    // The sign stays for a while. Other processes see by it that there were changes, and count the remaining entries
    // until it expires.
    if (this.#own.size > 0 || this.#isSigning) this.#sign(Math.max(lingerMs, this.#context.settings.pollMs * 3));
    this.#isOver = true;
    this.#own.clear();
    this.#topics.clear();
    this.#due.clear();
    this.#reading.clear();
    this.#seen.clear();
    this.#refused.clear();
    this.#stop();
  }

  get #isIdle(): boolean {
    return this.#topics.size === 0 && this.#own.size === 0;
  }

  #table(topic: string): LeaseTable {
    return this.#context.store.table(tableOf(topic));
  }

  /** Lists a topic, and then the processes: whoever has an entry was alive before. */
  #list(topic: string, unless: string | undefined): Answer<TableList | 'same'> {
    return after(this.#table(topic).list(this.#context.settings.connectionsMax, unless), (list) =>
      list === 'same' ? list : after(this.#listAlive(), () => list),
    );
  }

  #choose(topic: string, { entries: listed }: TableList): readonly PresenceEntry[] {
    const entries: PresenceEntry[] = [];
    for (const [socketId, text] of listed) {
      const entry = decodeEntry(text, socketId);
      if (!entry) continue;
      const isOwn = entry.node === this.node;
      if (isOwn ? this.#own.has(ownKey(topic, socketId)) : this.#alive.has(entry.node)) {
        entries.push(entry);
        // Noted, so that the next look detects when that process is gone.
        if (!isOwn && !this.#seen.has(entry.node)) this.#seen.set(entry.node, -1);
      } else if (!this.#isOver) this.#request(() => this.#table(topic).remove(socketId, text));
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
      () => this.#list(topic, this.#topics.get(topic)?.version),
      (list) => {
        const open = this.#topics.get(topic);
        if (open && list !== 'same') {
          open.version = list.version;
          open.sink.onEntries(this.#choose(topic, list));
        }
        done();
      },
      () => {
        if (this.#topics.has(topic)) this.#failed.add(topic);
        done();
      },
    );
  }

  /** Notes a changed topic. The sign follows at the end of the turn. */
  #note(topic: string): void {
    this.#changed.add(topic);
    if (this.#isSigning || this.#isOver) return;
    this.#isSigning = true;
    this.#context.clock.defer((shared: SharedPresence) => {
      shared.#isSigning = false;
      if (!shared.#isOver) shared.#sign();
    }, this);
  }

  /** Writes the sign of life, and hints at the topics that have changed since the last one. */
  #sign(leaseMs = this.#context.settings.leaseMs): void {
    const { clock, store } = this.#context;
    const askedAt = clock.now();
    this.#signedAt = askedAt;
    const topics = [...this.#changed].slice(0, TOPICS_MAX);
    this.#changed.clear();
    if (topics.length > 0) this.#changes += 1;
    const hint = { node: this.node, changes: this.#changes, topics };
    this.#request(
      () => store.table(NODES_TABLE).put(this.node, `${hint.changes}`, leaseMs),
      () => this.#onSigned(askedAt, hint),
    );
  }

  /** Writes entries anew that are older than a sign, if others may have removed them because the sign came too late. */
  #onSigned(askedAt: number, hint: PresenceHint): void {
    const isLate = this.#context.clock.now() - this.#leasedAt >= this.#context.settings.leaseMs;
    this.#leasedAt = askedAt;
    if (hint.topics.length > 0) this.#context.hint?.(hint);
    // Newer entries take effect after the sign, so the others count them.
    for (const { topic, entry, writtenAt } of isLate ? [...this.#own.values()] : [])
      if (writtenAt < askedAt) this.write(topic, entry);
  }

  #put(own: OwnEntry): void {
    const { clock, settings } = this.#context;
    const { entry } = own;
    own.writtenAt = clock.now();
    this.#change(own, (table) => table.put(entry.socketId, encodeEntry(entry), ENTRY_LEASES * settings.leaseMs));
  }

  /** Removes an entry, unless the client has come back to another process. */
  #remove(own: OwnEntry): void {
    const { topic, entry } = own;
    this.#change(own, (table) => table.remove(entry.socketId, encodeEntry(entry)));
    this.#note(topic);
  }

  #change(own: OwnEntry, change: (table: LeaseTable) => Answer<void>): void {
    const refused = (): void => {
      const key = ownKey(own.topic, own.entry.socketId);
      if (!this.#isOver) setNewest(this.#refused, key, own, REFUSED_MAX);
    };
    this.#request(() => change(this.#table(own.topic)), ignore, refused);
  }

  /** Makes refused changes again, unless there is a newer one. */
  #tryAgain(): void {
    for (const [key, own] of [...this.#refused].slice(0, REWRITTEN_MAX)) {
      this.#refused.delete(key);
      const now = this.#own.get(key);
      if (now === own) this.write(own.topic, own.entry);
      else if (!now) this.#remove(own);
    }
  }

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
    if (this.#own.size > 0 && isDue) this.#sign();
    this.#tryAgain();
    this.#rewrite(now - (ENTRY_LEASES * settings.leaseMs) / 2);
    this.#request(
      () => this.#listAlive(),
      () => this.#compare(),
    );
  }

  /** Rewrites at most `REWRITTEN_MAX` entries whose last write is before a time. */
  #rewrite(before: number): void {
    let left = Math.min(this.#own.size, REWRITTEN_MAX);
    for (const [key, own] of this.#own) {
      if (own.writtenAt >= before || left === 0) return;
      left -= 1;
      this.#own.delete(key);
      this.#own.set(key, own);
      this.#put(own);
    }
  }

  #listAlive(): Answer<void> {
    const table = this.#context.store.table(NODES_TABLE);
    return after(table.list(NODES_MAX, this.#aliveVersion), (list) => {
      if (list === 'same') return;
      this.#aliveVersion = list.version;
      this.#alive = new Map(list.entries.map(([node, changes]) => [node, Number(changes)]));
    });
  }

  /**
   * Compares the processes with those that were seen. The entries of a process count as soon as it is alive, and until
   * it is gone.
   */
  #compare(): void {
    const alive = [...this.#alive].filter(([node]) => node !== this.node);
    const isKnown = alive.every(([node]) => this.#seen.has(node)) && alive.length === this.#seen.size;
    const isSame = isKnown && alive.every(([node, changes]) => this.#seen.get(node) === changes);
    this.#seen.clear();
    for (const [node, changes] of alive) this.#seen.set(node, changes);
    if (!isKnown) for (const open of this.#topics.values()) open.version = undefined;
    for (const topic of isSame ? this.#failed : this.#topics.keys()) this.#due.add(topic);
    this.#failed.clear();
    this.#readDue();
  }

  #readDue(): void {
    if (this.#isReading || this.#due.size === 0) return;
    for (const topic of [...this.#due].slice(0, TURN_MAX)) {
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

  #request<T>(request: () => Answer<T>, onValue: (value: T) => void = ignore, onFailed = ignore): void {
    const tell = (value: T): void => (this.#isOver ? undefined : onValue(value));
    void ask(
      () => after(request(), tell),
      (error) => {
        this.#context.onError(error);
        onFailed();
      },
    );
  }
}

function ignore(): void {
  // Nothing follows. Failures were reported, and the next tick reads again.
}
