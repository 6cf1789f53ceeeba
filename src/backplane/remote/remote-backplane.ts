/** A backplane whose home is on another machine. */
import { type Clock, systemClock } from '../../base/clock.js';
import { type Random, systemRandom } from '../../base/id.js';
import type {
  Backplane,
  BackplaneState,
  KeyValueStore,
  Log,
  LogFollower,
  LogRecord,
  Offset,
  Retention,
} from '../backplane.js';
import { costOf } from '../memory.js';
import type { Talk } from '../talk/talk.js';
import { HomeCalls } from './calls.js';
import type { Home } from './home.js';
import { RemoteQueues } from './remote-queues.js';

/** The parts of a remote backplane. */
export interface RemoteBackplaneParts {
  /** Identifies the kind of backplane. */
  readonly name: string;
  readonly home: Home;
  /** Whether what the home keeps outlives this process. */
  readonly isDurable: boolean;
  /** Connects the servers that share the home. */
  readonly talk?: Talk;
  /** Called when the backplane is closed. */
  onClosed?(): void;
  /** @default the machine's clock */
  readonly clock?: Clock;
  /** @default the system's source of randomness */
  readonly random?: Random;
}

const WRITER_CHARACTERS = 8;
/** Milliseconds for which other nodes leave it to the first one to tell of lost records. Later, the log is longer than it was before the loss. */
const FORGOTTEN_MS = 10_000;

/**
 * A log and a store that answer through promises, because their home is on another machine. Guarantees: those of HomeCalls. While the home
 * cannot be reached, requests wait. Followers are told what others append, as far as the home says it, and read the rest.
 */
export class RemoteBackplane implements Backplane {
  readonly name: string;
  readonly log: Log;
  readonly store: KeyValueStore;
  readonly queues: RemoteQueues;
  readonly talk?: Talk;
  readonly #parts: RemoteBackplaneParts;
  readonly #calls: HomeCalls;
  readonly #followers = new Map<string, Set<LogFollower>>();
  /** The newest offset of each followed namespace that this node has heard of. */
  readonly #newest = new Map<string, Offset>();
  #linkCount = 0;
  readonly #retentions = new Map<string, Partial<Retention>>();
  readonly #listeners = new Set<(state: BackplaneState) => void>();

  constructor(parts: RemoteBackplaneParts) {
    const { name, home, isDurable, talk, clock = systemClock, random = systemRandom } = parts;
    this.#parts = parts;
    this.name = name;
    if (talk) this.talk = talk;
    const writer = random.id().slice(0, WRITER_CHARACTERS);
    this.#calls = new HomeCalls({
      clock,
      random,
      home,
      writer,
      handler: {
        onBatch: (namespace, batch, from) => {
          this.#note(namespace, batch.records.at(-1)?.offset);
          if (from === writer) return;
          for (const follower of this.#followers.get(namespace) ?? []) follower.onBatch(batch);
        },
        onMore: (namespace) => this.#onMore(namespace),
        onQueue: (queue) => this.queues.onMore(queue),
      },
      onLink: () => {
        this.#linkCount += 1;
        this.queues.onLink();
        for (const [namespace, retention] of this.#retentions) this.#retain(namespace, retention);
        for (const namespace of this.#followers.keys()) this.#follow(namespace, true);
      },
      onState: (state) => {
        for (const listener of this.#listeners) listener(state);
      },
    });
    this.queues = new RemoteQueues(this.#calls, isDurable);
    this.log = this.#createLog();
    this.store = this.#createStore(isDurable);
  }

  /** How well the home can be reached. */
  get state(): BackplaneState {
    return this.#calls.state;
  }

  /** Calls `listener` when the state changes. Returns the function that ends this. */
  onState(listener: (state: BackplaneState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    await this.#calls.close();
    this.#parts.onClosed?.();
  }

  #createLog(): Log {
    const calls = this.#calls;
    return {
      append: async (namespace, records) => {
        const appended = await calls.call('append', [namespace, records], sizeOf(records));
        this.#note(namespace, appended.offsets.at(-1));
        return appended;
      },
      read: (...args) => calls.call('read', args),
      readBack: (...args) => calls.call('readBack', args),
      knows: (...args) => calls.call('knows', args),
      extent: (namespace) => calls.call('extent', [namespace]),
      erase: (...args) => calls.call('erase', args),
      retain: (namespace, retention) => {
        this.#retentions.set(namespace, retention);
        if (calls.isLinked) this.#retain(namespace, retention);
      },
      follow: (namespace, follower) => this.#add(namespace, follower),
    };
  }

  #createStore(isDurable: boolean): KeyValueStore {
    const calls = this.#calls;
    return {
      isDurable,
      get: (key) => calls.call('get', [key]),
      list: (...args) => calls.call('list', args),
      set: (key, value, expiresInMs) => calls.call('set', [key, value, expiresInMs], key.length + value.length),
      delete: (key) => calls.call('delete', [key]),
      swap: (...args) => calls.call('swap', args, args[0].length + (args[2]?.length ?? 0)),
      table: (name) => ({
        put: (key, value, leaseMs) => calls.call('tablePut', [name, key, value, leaseMs], key.length + value.length),
        get: (key) => calls.call('tableGet', [name, key]),
        remove: (...args) => calls.call('tableRemove', [name, ...args]),
        list: (...args) => calls.call('tableList', [name, ...args]),
      }),
    };
  }

  #add(namespace: string, follower: LogFollower): () => void {
    let followers = this.#followers.get(namespace);
    if (!followers) {
      followers = new Set();
      this.#followers.set(namespace, followers);
      if (this.#calls.isLinked) this.#follow(namespace, false);
    }
    followers.add(follower);
    return () => {
      if (!followers.delete(follower) || followers.size > 0) return;
      this.#followers.delete(namespace);
      this.#newest.delete(namespace);
      if (this.#calls.isLinked) void this.#calls.call('unfollow', [namespace]).catch(() => undefined);
    };
  }

  #follow(namespace: string, isAgain: boolean): void {
    const calls = this.#calls;
    const number = this.#linkCount;
    // The answer of the log must reach at least to here.
    const known = this.#newest.get(namespace);
    const follow = async (): Promise<void> => {
      await calls.call('follow', [namespace]);
      if (!isAgain) return;
      const { newest } = await calls.call('extent', [namespace]);
      if (number !== this.#linkCount) return;
      if (known === undefined || newest >= known) this.#onMore(namespace);
      else await this.#onForgotten(namespace, newest);
    };
    // Without an answer, the link is broken or the backplane is closed. The next link follows again.
    follow().catch(() => undefined);
  }

  /** The home has lost records. One of the nodes that notice it at the same time tells everybody. */
  async #onForgotten(namespace: string, newest: Offset): Promise<void> {
    this.#newest.set(namespace, newest);
    const key = `forgotten ${namespace} ${newest}`;
    const { swapped } = await this.#calls.call('swap', [key, undefined, '', FORGOTTEN_MS], key.length);
    if (!swapped) this.#onMore(namespace);
    else for (const follower of this.#followers.get(namespace) ?? []) follower.onForgotten(newest);
  }

  #retain(namespace: string, retention: Partial<Retention>): void {
    // Without an answer, the link is broken or the backplane is closed. The next link says it again.
    this.#calls.call('retain', [namespace, retention]).catch(() => undefined);
  }

  #onMore(namespace: string): void {
    for (const follower of this.#followers.get(namespace) ?? []) follower.onMore();
  }

  #note(namespace: string, offset: Offset | undefined): void {
    if (offset === undefined || !this.#followers.has(namespace)) return;
    if (offset > (this.#newest.get(namespace) ?? '')) this.#newest.set(namespace, offset);
  }
}

function sizeOf(records: readonly LogRecord[]): number {
  return records.reduce((sum, record) => sum + costOf(record), 0);
}
