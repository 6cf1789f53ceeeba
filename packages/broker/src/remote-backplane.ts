/** A backplane whose home is on another machine. */

import type {
  Backplane,
  BackplaneState,
  KeyValueStore,
  Log,
  LogRecord,
  NamespaceStore,
  Retention,
  StateListener,
  TextBounds,
} from 'naru/backplane';
import { costOf, memoryBackplane, sizeOfNames, TAG_CHARACTERS } from 'naru/backplane';
import { type Clock, isNaruError, type Random, systemClock, systemRandom } from 'naru/base';
import { HomeCalls } from './calls.js';
import type { Home, StoreName, Uplink } from './home.js';
import { Followers } from './log/followers.js';
import { RemoteTalk } from './remote-talk.js';

/** The parts of a remote backplane. */
export interface RemoteBackplaneParts {
  /** Identifies the kind of backplane. */
  readonly name: string;
  readonly home: Home;
  /** Whether what the home keeps outlives this process. */
  readonly isDurable: boolean;
  /** Whether the home only carries talk. Log and store are then in the memory of this process. @default false */
  readonly isCarrier?: boolean;
  /** Whether the home tells an uplink only of the tags that it follows. @default false */
  readonly hasTags?: boolean;
  /** Whether each append goes to the nodes with one tag, or to all. @default false */
  readonly keepsTagsApart?: boolean;
  /** Whether the home trims texts. @default false */
  readonly canTrim?: boolean;
  /** Returns an offset about so many records before another one. Absent if each record takes one number. */
  readonly earlier?: Log['earlier'];
  /** Called when the backplane is closed. */
  onClosed?(): void;
  /** @default the machine's clock */
  readonly clock?: Clock;
  /** @default the system's source of randomness */
  readonly random?: Random;
}

/** The retention of a log that nobody appends to. */
const NOTHING: Retention = { ageMs: 0, bytes: 0 };
const WRITER_CHARACTERS = 8;
/** Milliseconds for which the same error is not told again. */
const REPORT_MS = 60_000;

/**
 * A log and a store that answer through promises, because their home is on another machine. Guarantees: those of
 * HomeCalls. While the home cannot be reached, requests wait. Followers are told what others append, as far as the home
 * says it, and read the rest.
 */
export class RemoteBackplane implements Backplane {
  readonly name: string;
  readonly log: Log;
  readonly store: KeyValueStore;
  readonly talk: RemoteTalk;
  readonly isCarrier: boolean;
  readonly #parts: RemoteBackplaneParts;
  readonly #clock: Clock;
  readonly #calls: HomeCalls;
  readonly #followers: Followers;
  readonly #retentions = new Map<string, Partial<Retention>>();
  readonly #listeners = new Set<StateListener>();
  readonly #errorListeners = new Set<(error: unknown) => void>();
  /** The texts of errors that were reported, and when. */
  readonly #reported = new Map<string, number>();
  readonly #reached: Promise<void>;

  constructor(parts: RemoteBackplaneParts) {
    const { name, home, canTrim = false, hasTags = false, clock = systemClock, random = systemRandom } = parts;
    this.#parts = parts;
    this.#clock = clock;
    this.name = name;
    this.isCarrier = parts.isCarrier === true;
    let [reach, fail]: [() => void, (reason: unknown) => void] = [() => undefined, () => undefined];
    this.#reached = new Promise((resolve, rejectWith) => {
      [reach, fail] = [resolve, rejectWith];
    });
    // A program that does not ask learns of it by the state.
    this.#reached.catch(() => undefined);
    const writer = random.id().slice(0, WRITER_CHARACTERS);
    const onError = (error: unknown): void => this.#report(error);
    this.#calls = new HomeCalls({
      clock,
      random,
      writer,
      keepsTagsApart: parts.keepsTagsApart === true,
      connect: async (own) => {
        let opened: Uplink | undefined;
        opened = await home.connect({
          writer,
          ...this.#followers.handler,
          onSaid: (...said) => this.talk.onSaid(...said, opened),
          onError,
          ...own,
        });
        return opened;
      },
      prepare: (uplink) => this.talk.prepare(uplink),
      onUplink: (uplink) => {
        reach();
        this.#onUplink(uplink);
      },
      onState: (...change) => {
        for (const listener of this.#listeners) listener(...change);
      },
      onFailed: fail,
      onBrief: onError,
    });
    const tag = hasTags ? writer.slice(0, TAG_CHARACTERS) : undefined;
    this.#followers = new Followers({ clock, calls: this.#calls, onError, tag });
    this.talk = new RemoteTalk({ clock, random, calls: this.#calls, run: writer, hasTable: !this.isCarrier, onError });
    const memory = this.isCarrier ? memoryBackplane(clock, NOTHING) : undefined;
    this.log = memory?.log ?? this.#createLog();
    this.store = memory?.store ?? {
      ...this.#createStore(undefined),
      list: (...args) => this.#calls.call('list', args),
      ...(canTrim && { trim: (...args: [string, TextBounds]) => this.#calls.call('trim', args) }),
    };
    this.#calls.open();
  }

  /** Returns the store whose texts stand beside the log of a namespace. */
  storeOf(namespace: string): NamespaceStore {
    return this.isCarrier ? this.store : this.#createStore(namespace);
  }

  /** How well the home can be reached. */
  get state(): BackplaneState {
    return this.#calls.state;
  }

  /** Why the home cannot be used, in the state `unusable`. */
  get unusable(): Error | undefined {
    return this.#calls.unusable;
  }

  /** Resolves when the home was reached for the first time. Rejects with the reason if the first try fails. */
  ready(): Promise<void> {
    return this.#reached;
  }

  /** Calls `listener` when the state changes. Returns the function that ends this. */
  onState(listener: StateListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls `listener` when the home refuses what the backplane asks by itself. Returns the function that ends this. */
  onError(listener: (error: unknown) => void): () => void {
    this.#errorListeners.add(listener);
    return () => this.#errorListeners.delete(listener);
  }

  async close(): Promise<void> {
    this.talk.close();
    this.#followers.tails.close();
    await this.#calls.close();
    this.#parts.onClosed?.();
  }

  #createLog(): Log {
    const calls = this.#calls;
    const { tails } = this.#followers;
    const { earlier } = this.#parts;
    return {
      isRemote: true,
      tag: this.#followers.tag,
      keepsTagsApart: this.#parts.keepsTagsApart,
      ...(earlier && { earlier }),
      append: async (namespace, records) => {
        const appended = await calls.call('append', [namespace, records], sizeOf(records));
        tails.note(namespace, appended.offsets.at(-1));
        for (let checked = tails.checked(namespace); checked; checked = tails.checked(namespace)) await checked;
        return appended;
      },
      read: async (...args) => {
        for (;;) {
          const page = await calls.call('read', args);
          tails.note(args[0], page.records.at(-1)?.offset);
          const checked = tails.checked(args[0]);
          if (!checked) return page;
          // The log then also has the gap record for what the page lacks.
          await checked;
        }
      },
      readBack: (...args) => calls.call('readBack', args),
      readAt: (...args) => calls.call('readAt', args),
      forget: (namespace) => this.#parts.home.forget?.(namespace),
      knows: (...args) => calls.call('knows', args),
      extent: (namespace) => calls.call('extent', [namespace]),
      newest: (namespace) => calls.call('newest', [namespace]),
      namespaces: () => calls.call('namespaces', []),
      erase: (...args) => calls.call('erase', args),
      retain: (namespace, retention) => {
        this.#retentions.set(namespace, retention);
        if (calls.uplink) this.#retain(namespace, retention);
      },
      follow: (namespace, follower) => this.#followers.add(namespace, follower),
    };
  }

  #createStore(store: StoreName): NamespaceStore {
    const calls = this.#calls;
    return {
      isDurable: this.#parts.isDurable,
      get: (key) => calls.call('get', [store, key]),
      set: (key, value, expiresInMs) => calls.call('set', [store, key, value, expiresInMs], key.length + value.length),
      delete: (key) => calls.call('delete', [store, key]),
      swap: (...args) => calls.call('swap', [store, ...args], args[0].length + (args[2]?.length ?? 0)),
      table: (name) => ({
        put: (key, value, leaseMs) =>
          calls.call('tablePut', [store, name, key, value, leaseMs], key.length + value.length),
        get: (key) => calls.call('tableGet', [store, name, key]),
        remove: (...args) => calls.call('tableRemove', [store, name, ...args]),
        list: (...args) => calls.call('tableList', [store, name, ...args]),
      }),
    };
  }

  /** A new uplink is there. The home knows nothing of the previous one. */
  #onUplink(uplink: Uplink): void {
    this.talk.onUplink(uplink);
    for (const [namespace, retention] of this.#retentions) this.#retain(namespace, retention);
    this.#followers.onUplink();
  }

  #retain(namespace: string, retention: Partial<Retention>): void {
    // The next uplink says it again.
    this.#calls.call('retain', [namespace, retention]).catch((error: unknown) => this.#report(error));
  }

  /**
   * Tells of an error, and once a minute if it comes again and again. A home that is away and a closed backplane show
   * otherwise.
   */
  #report(error: unknown): undefined {
    if (isNaruError(error, 'UnavailableError') && (error.code === 'TIMEOUT' || error.code === 'CLOSED')) return;
    const text = error instanceof Error ? error.message : String(error);
    const now = this.#clock.now();
    for (const [known, at] of this.#reported) if (now - at >= REPORT_MS) this.#reported.delete(known);
    if (this.#reported.has(text)) return;
    this.#reported.set(text, now);
    for (const listener of this.#errorListeners) listener(error);
  }
}

function sizeOf(records: readonly LogRecord[]): number {
  return records.reduce((sum, record) => sum + costOf(record) + sizeOfNames(record), 0);
}
