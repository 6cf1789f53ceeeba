/** Processes with one store, of which each has only its shared presence. Their links to the store can be cut. */
import { FakeClock } from '../../../../testing/src/entry/index.js';
import type { KeyValueStore, LeaseTable } from '../../../src/backplane/backplane.js';
import { MemoryStore } from '../../../src/backplane/memory-store.js';
import type { Clock } from '../../../src/base/clock.js';
import type { PresenceEntry } from '../../../src/namespace/presence/roster.js';
import { type PresenceHint, SharedPresence, type TopicSink } from '../../../src/namespace/presence/shared-presence.js';
import { readServerOptions } from '../../../src/server/options/options.js';

/** The lease of a process, in milliseconds. */
export const LEASE = 9_000;
/** The time between two looks, in milliseconds. */
export const POLL = 1_000;

/** A process that can be paused or killed. */
export class Machine {
  isStopped = false;
  readonly errors: unknown[] = [];
  readonly shared: SharedPresence;
  readonly seen = new Map<string, string>();
  reads = 0;
  readonly hints: PresenceHint[] = [];
  readonly #sinks = new Map<string, TopicSink>();

  constructor(clock: FakeClock, store: KeyValueStore, node: string) {
    const own: Clock = {
      now: () => clock.now(),
      setTimeout: (callback, delayMs, argument) => clock.setTimeout(() => this.#go(callback, argument), delayMs, null),
      clearTimeout: (timer) => clock.clearTimeout(timer),
      defer: (callback, argument) => clock.defer(() => this.#go(callback, argument), null),
    };
    const settings = readServerOptions({ presence: { lease: LEASE, pollInterval: POLL } }).presence;
    this.shared = new SharedPresence({
      clock: own,
      store,
      settings,
      node,
      onError: (error) => this.errors.push(error),
      hint: (hint) => this.hints.push(hint),
    });
  }

  #waiting: (() => void)[] = [];

  #go<T>(callback: (argument: T) => void, argument: T): void {
    if (this.isStopped) this.#waiting.push(() => callback(argument));
    else callback(argument);
  }

  wake(): void {
    this.isStopped = false;
    for (const call of this.#waiting.splice(0)) call();
  }

  watch(topic: string): void {
    const sink = {
      onEntries: (entries: readonly PresenceEntry[]) => {
        const ids = entries.map(({ id }) => id).sort();
        this.reads += 1;
        this.seen.set(topic, ids.join(' '));
      },
    };
    this.#sinks.set(topic, sink);
    this.shared.open(topic, sink);
  }

  unwatch(topic: string): void {
    const sink = this.#sinks.get(topic);
    if (sink) this.shared.close(topic, sink);
  }

  enter(topic: string, id: string, at = 1): void {
    const entry: PresenceEntry = {
      socketId: `socket-${id}`,
      node: this.shared.node,
      id,
      state: 'null',
      at,
      takenAt: 1,
      since: 1,
    };
    this.shared.write(topic, entry);
  }
}

/** Returns the sockets that have an entry of a topic in a store. */
export function entriesOf(store: MemoryStore, topic: string): string[] {
  const list = store.table(`presence ${topic}`).list(10);
  return typeof list === 'object' && 'entries' in list ? list.entries.map(([key]) => key) : [];
}

/** Replaces methods of the tables of a store. */
export function replace(store: KeyValueStore, change: (whole: LeaseTable, name: string) => Partial<LeaseTable>): void {
  const { table } = store;
  store.table = (name) => {
    const whole = table.call(store, name);
    return { ...whole, ...change(whole, name) };
  };
}

/** Counts the calls of a method for topics by table. */
export function countCalls(store: KeyValueStore, method: 'list' | 'put'): Map<string, number> {
  const calls = new Map<string, number>();
  replace(store, (whole, name) => ({
    [method]: (...args: never[]) => {
      if (name !== 'presence') calls.set(name, (calls.get(name) ?? 0) + 1);
      return (whole[method] as (...args: never[]) => unknown)(...args);
    },
  }));
  return calls;
}

/** A link to a store. The requests wait in their order while it is cut, and all are answered later. */
export class Link {
  isCut = false;
  readonly store: KeyValueStore;
  #waiting: (() => void)[] = [];

  constructor(store: MemoryStore) {
    this.store = Object.create(store) as KeyValueStore;
    this.store.table = (name) => {
      const whole = store.table(name);
      return {
        put: (...args) => this.#carry(() => whole.put(...args)),
        get: (...args) => this.#carry(() => whole.get(...args)),
        remove: (...args) => this.#carry(() => whole.remove(...args)),
        list: (...args) => this.#carry(() => whole.list(...args)),
      };
    };
  }

  /** Carries out the requests that wait. */
  flush(): void {
    for (const request of this.#waiting.splice(0)) request();
  }

  #carry<T>(request: () => T): Promise<Awaited<T>> {
    return new Promise((resolve) => {
      this.#waiting.push(() => resolve(request() as Awaited<T>));
      if (!this.isCut) this.flush();
    });
  }
}

/** Returns a store and a function that starts processes with it. */
export function build() {
  const clock = new FakeClock();
  const store = new MemoryStore(clock);
  let count = 0;
  const start = () => {
    count += 1;
    return new Machine(clock, store, `node${count}`);
  };
  return { clock, store, start };
}
