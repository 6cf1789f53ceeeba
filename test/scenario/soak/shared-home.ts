/**
 * A home of the log that outlives servers and that several servers share. It answers at once, as a disk does, or it is
 * a LateHome.
 */

import type { HomeMethod, HomeMethods, HomeRequest, StoreName } from '../../../packages/broker/src/home.js';
import type { RemoteBackplane } from '../../../packages/broker/src/remote-backplane.js';
import type {
  Appended,
  Backplane,
  Erasure,
  Log,
  LogRecord,
  NamespaceStore,
  Offset,
  Retention,
  Swapped,
} from '../../../packages/naru/src/backplane/backplane.js';
import { isForNoSocket, isGapRecord } from '../../../packages/naru/src/backplane/own-records.js';
import type { WrittenSession } from '../../../packages/naru/src/namespace/recovery/written-session.js';
import type { FakeClock } from '../../../packages/testing/src/fake-clock.js';
import { LateHome, type LatePart } from '../../../packages/testing/src/late-home/late-home.js';
import type { LateLine } from '../../../packages/testing/src/late-home/late-line.js';
import type { Range } from '../../../packages/testing/src/pipe.js';
import type { SeededRandom } from '../../../packages/testing/src/seeded-random.js';
import { PATIENCE_MS } from './course-options.js';
import type { NodeClock } from './node-clock.js';
import { SessionTexts } from './session-texts.js';

/** Settings of a home. */
export interface HomeSettings {
  readonly seed: number;
  readonly retention: Retention;
  /** Whether the data outlives servers. */
  readonly isDurable: boolean;
  /** Milliseconds that a call travels, each way. `undefined` means at once, as on a disk. */
  readonly callMs: Range | undefined;
  /** Milliseconds until a server is told of another server's append. */
  readonly followMs: Range;
  /** The shares of calls that break the connection, and of batches that come in pieces or not at all. */
  readonly breakChance?: number;
  readonly splitChance?: number;
  readonly dropChance?: number;
  readonly keepsTagsApart?: boolean;
}

/** An observer of the calls that arrive at the home. */
export interface HomeWitness {
  onAppended(namespace: string, records: readonly LogRecord[], offsets: readonly Offset[], node: number): void;
  onSet(key: string, value: string, node: number): void;
  onErased?(namespace: string, what: Erasure): void;
  /** A server learns the session of a socket, whose client perhaps comes back. */
  onSessionAsked?(socketId: string, node: number): void;
  /** A server has written a session. */
  onText?(socketId: string, node: number, session: WrittenSession): void;
}

/** The call at which a server is killed. */
export interface CrashPoint {
  readonly call: 'append' | 'set';
  /** Whether the call is still carried out. */
  readonly isDone: boolean;
}

interface Follower {
  readonly namespace: string;
  readonly line: HomeLine;
  readonly onMore: () => void;
  isDue: boolean;
}

/** The home. */
export class SharedHome {
  readonly settings: HomeSettings;
  readonly late: LateHome;
  readonly log: LateHome['log'];
  readonly store: LateHome['store'];
  readonly texts: SessionTexts;
  readonly followers = new Set<Follower>();
  readonly #nodes = new Map<LateLine, number>();
  readonly #witness: HomeWitness;

  constructor(clock: FakeClock, settings: HomeSettings, witness: HomeWitness) {
    this.settings = settings;
    this.#witness = witness;
    const { seed, retention, callMs = [0, 0], followMs, breakChance = 0, splitChance = 0, dropChance = 0 } = settings;
    const { keepsTagsApart = false } = settings;
    this.late = new LateHome(
      { clock, seed, ...retention, callMs, pushMs: followMs, breakChance, splitChance, dropChance, keepsTagsApart },
      (request, answer, line) => this.#witnessed(request, answer, this.#nodes.get(line) ?? 0),
    );
    this.log = this.late.log;
    this.store = this.late.store;
    this.texts = new SessionTexts(clock, this.late);
    const erase = this.log.erase.bind(this.log);
    this.log.erase = (namespace, what) => {
      const count = erase(namespace, what);
      witness.onErased?.(namespace, what);
      return count;
    };
  }

  /** Opens a line for a server. */
  open(node: number, clock: NodeClock, random: SeededRandom): HomeLine {
    const part = this.late.part(clock, random, this.settings.isDurable);
    this.#nodes.set(part.line, node);
    return new HomeLine(this, part, clock, random);
  }

  #witnessed({ method, args }: HomeRequest, answer: unknown, node: number): void {
    if (method === 'append') this.#witness.onAppended(args[0], args[1], (answer as Appended).offsets, node);
    else if (method === 'set') {
      this.#witness.onSet(args[1], args[2], node);
      this.#onText(args[1], args[2], node);
    } else if (method === 'swap' && (answer as Swapped).swapped) this.#onText(args[1], args[3], node);
    else if (method === 'get' && args[1].startsWith('session ') && typeof answer === 'string')
      this.#witness.onSessionAsked?.((JSON.parse(answer) as { id: string }).id, node);
  }

  /** Only texts of a home on another machine decide which server has a session. */
  #onText(key: string, text: string | undefined, node: number): void {
    if (text === undefined || !key.startsWith('session ') || !this.settings.callMs) return;
    const session = JSON.parse(text) as WrittenSession;
    this.#witness.onText?.(session.id, node, session);
  }
}

/** A server's view of the home. */
export class HomeLine {
  readonly backplane: Backplane;
  readonly clock: NodeClock;
  readonly random: SeededRandom;
  readonly #home: SharedHome;
  readonly #part: LatePart;
  /** The call at which the server is to die, and the function that kills it. */
  #crash: { readonly at: CrashPoint; readonly kill: () => void } | undefined = undefined;
  #isBroken = false;
  readonly #given = new Map<string, number>();
  /** When the appends without an answer were made, and until when one has waited for its answer for a second. */
  readonly #open = new Set<{ readonly at: number }>();
  #slowUntil = 0;
  /** The texts of this turn, which the next append takes along. A home on this machine has both or neither. */
  readonly #texts: (() => unknown)[] = [];

  constructor(home: SharedHome, part: LatePart, clock: NodeClock, random: SeededRandom) {
    this.#home = home;
    this.#part = part;
    this.clock = clock;
    this.random = random;
    const connected = part.connect();
    const remote = home.settings.callMs && connected;
    this.backplane = {
      name: 'shared',
      log: this.#watched(remote?.log ?? this.#nearLog()),
      store: {
        ...this.#store(remote, undefined),
        list: (...args) => remote?.store.list(...args) ?? this.#near('list', ...args),
      },
      storeOf: (name) => this.#store(remote, name),
      talk: connected.talk,
      close: () => connected.close(),
    };
  }

  /** The number of followers of logs. */
  get followerCount(): number {
    const near = [...this.#home.followers].filter(({ line }) => line === this).length;
    return near + this.#part.line.followedCount;
  }

  /** How many events the server has given to the log of a namespace. */
  givenTo(namespace: string): number {
    return this.#given.get(namespace) ?? 0;
  }

  /** Kills the server at its next call of a kind. */
  crashAt(at: CrashPoint, kill: () => void): void {
    this.#crash = { at, kill };
  }

  /** Breaks the connection to the home for `ms` milliseconds. */
  cut(ms: number): void {
    this.#part.line.cut(ms);
  }

  /** Ends that. */
  mend(): void {
    this.#part.line.mend();
  }

  /** Cancels `crashAt`. */
  disarm(): void {
    this.#crash = undefined;
  }

  /** The server is dead: its later calls are lost. */
  break(): void {
    this.#isBroken = true;
    this.#part.break();
    for (const follower of this.#home.followers) if (follower.line === this) this.#home.followers.delete(follower);
  }

  /** Counts the events that are appended. */
  #watched(log: Log): Log {
    return {
      ...log,
      append: (namespace, records) => {
        const count = records.filter((record) => !isForNoSocket(record) && !isGapRecord(record)).length;
        this.#given.set(namespace, this.givenTo(namespace) + count);
        return this.#timed(this.#crashing('append', () => log.append(namespace, records)));
      },
    };
  }

  /** Whether an append waited for its answer for a second, at some time since `since`. */
  wasSlow(since: number): boolean {
    const now = this.#home.late.clock.now();
    return this.#slowUntil >= since || [...this.#open].some(({ at }) => now - at >= PATIENCE_MS);
  }

  #timed<T>(answer: T | Promise<T>): T | Promise<T> {
    if (!(answer instanceof Promise)) return answer;
    const { clock } = this.#home.late;
    const open = { at: clock.now() };
    this.#open.add(open);
    const end = (): void => {
      this.#open.delete(open);
      if (clock.now() - open.at >= PATIENCE_MS) this.#slowUntil = clock.now();
    };
    answer.then(end, end);
    return answer;
  }

  #store(remote: RemoteBackplane | undefined, name: StoreName): NamespaceStore {
    if (!remote) return this.#nearStore(name);
    return this.#watchedStore(name === undefined ? remote.store : remote.storeOf(name));
  }

  #watchedStore(store: NamespaceStore): NamespaceStore {
    return {
      ...store,
      set: (...args) => this.#crashing('set', () => store.set(...args)),
      delete: (...args) => this.#crashing('set', () => store.delete(...args)),
      swap: (...args) => this.#crashing('set', () => store.swap(...args)),
    };
  }

  #nearLog(): Log {
    const home = this.#home;
    return {
      append: (...args) => {
        const appended = this.#near('append', ...args);
        for (const follower of home.followers)
          if (follower.line !== this && follower.namespace === args[0]) this.#tell(follower);
        return appended;
      },
      read: (...args) => this.#near('read', ...args),
      readBack: (...args) => this.#near('readBack', ...args),
      readAt: (...args) => this.#near('readAt', ...args),
      extent: (...args) => this.#near('extent', ...args),
      erase: (...args) => this.#near('erase', ...args),
      retain: (...args) => this.#near('retain', ...args),
      follow: (namespace, target) => {
        const follower: Follower = { namespace, line: this, onMore: () => target.onMore(), isDue: false };
        home.followers.add(follower);
        return { end: () => home.followers.delete(follower), ready: this.#near('extent', namespace).newest };
      },
    };
  }

  #nearStore(store: StoreName): NamespaceStore {
    return {
      isDurable: this.#home.settings.isDurable,
      get: (...args) => this.#near('get', store, ...args),
      set: (...args) => this.#crashing('set', () => this.#atEnd(() => this.#near('set', store, ...args))),
      delete: (...args) => this.#crashing('set', () => this.#atEnd(() => this.#near('delete', store, ...args))),
      swap: (...args) => this.#crashing('set', () => this.#near('swap', store, ...args)),
      table: (name) => ({
        put: (...args) => this.#crashing('set', () => this.#near('tablePut', store, name, ...args)),
        get: (...args) => this.#near('tableGet', store, name, ...args),
        remove: (...args) => this.#crashing('set', () => this.#near('tableRemove', store, name, ...args)),
        list: (...args) => this.#near('tableList', store, name, ...args),
      }),
    };
  }

  /** Carries out a write at the end of the turn, or before the next request. */
  #atEnd(write: () => unknown): void {
    if (this.#texts.push(write) === 1) this.#home.late.clock.defer(() => this.#keepTexts(), undefined);
  }

  #keepTexts(): void {
    for (const write of this.#texts.splice(0)) write();
  }

  /** Carries out a request at once. */
  #near<Method extends HomeMethod>(
    method: Method,
    ...args: Parameters<HomeMethods[Method]>
  ): ReturnType<HomeMethods[Method]> {
    if (this.#isBroken) return new Promise(() => undefined) as never;
    this.#keepTexts();
    const request = { method, args, write: undefined } as HomeRequest;
    return this.#home.late.carryOut(request, this.#part.line) as ReturnType<HomeMethods[Method]>;
  }

  #tell(follower: Follower): void {
    if (follower.isDue) return;
    follower.isDue = true;
    const [least, most] = this.#home.settings.followMs;
    follower.line.clock.setTimeout(
      (told: Follower) => {
        told.isDue = false;
        if (this.#home.followers.has(told)) told.onMore();
      },
      follower.line.random.integer(least, most),
      follower,
    );
  }

  /** Makes a call, or dies at it. */
  #crashing<T>(call: CrashPoint['call'], make: () => T): T {
    const crash = this.#crash;
    if (crash?.at.call !== call || this.#isBroken) return make();
    this.#crash = undefined;
    if (crash.at.isDone) {
      make();
      this.#keepTexts();
      this.#part.line.keepAll();
    }
    crash.kill();
    // The dead server cannot read the answer.
    return new Promise(() => undefined) as never;
  }
}
