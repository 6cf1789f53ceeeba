/**
 * A home of the log that outlives servers and that several servers share. Each server has a line to it, which takes time and
 * breaks with the server.
 */
import type {
  Appended,
  Backplane,
  KeyValueStore,
  Log,
  LogExtent,
  LogRecord,
  MaybePromise,
  Offset,
  Page,
  Retention,
  Swapped,
  TableList,
} from '../../../src/backplane/backplane.js';
import { MemoryLog, MemoryStore } from '../../../src/backplane/memory.js';
import { isForNoSocket } from '../../../src/backplane/own-records.js';
import type { Talk } from '../../../src/backplane/talk/talk.js';
import type { FakeClock } from '../../../src/testing/fake-clock.js';
import { SeededRandom } from '../../../src/testing/seeded-random.js';
import type { Range } from '../../../src/testing/wire.js';
import { HomeTalk, type TalkLine } from './home-talk.js';
import type { NodeClock } from './node-clock.js';

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
}

/** An observer of the calls that arrive at the home. */
export interface HomeWitness {
  onAppended(namespace: string, records: readonly LogRecord[], offsets: readonly Offset[], node: number): void;
  onSet(key: string, value: string, node: number): void;
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
  readonly clock: FakeClock;
  readonly settings: HomeSettings;
  readonly witness: HomeWitness;
  readonly log: MemoryLog;
  readonly store: MemoryStore;
  readonly followers = new Set<Follower>();
  readonly talk: HomeTalk;

  constructor(clock: FakeClock, settings: HomeSettings, witness: HomeWitness) {
    this.clock = clock;
    this.settings = settings;
    this.witness = witness;
    this.log = new MemoryLog(clock, settings.retention);
    this.store = new MemoryStore(clock);
    this.talk = new HomeTalk(clock, new SeededRandom(settings.seed), settings.followMs);
  }

  /** Opens a line for a server. */
  open(node: number, clock: NodeClock, random: SeededRandom): HomeLine {
    return new HomeLine(this, node, clock, random);
  }
}

/**
 * A server's view of the home. Guarantee: its calls arrive in the order of sending, and none arrives without all earlier ones,
 * even if the server dies.
 */
export class HomeLine implements Backplane {
  readonly name = 'shared';
  readonly log: Log;
  readonly store: KeyValueStore;
  readonly talk: Talk;
  readonly #talkLine: TalkLine;
  readonly node: number;
  readonly clock: NodeClock;
  readonly random: SeededRandom;
  readonly #home: SharedHome;
  /** The call at which the server is to die, and the function that kills it. */
  #crash: { readonly at: CrashPoint; readonly kill: () => void } | undefined = undefined;
  #isBroken = false;
  /** Whether a call was lost. All later calls are lost with it. */
  #isCutOff = false;
  /** The number of calls, and the number of those that arrive even if the server dies. */
  #calls = 0;
  #callsSafe = 0;
  #arrivesAt = 0;
  readonly #given = new Map<string, number>();
  #answersAt = 0;

  constructor(home: SharedHome, node: number, clock: NodeClock, random: SeededRandom) {
    this.#home = home;
    this.node = node;
    this.clock = clock;
    this.random = random;
    this.log = this.#createLog();
    this.store = this.#createStore();
    this.#talkLine = home.talk.open(clock, new SeededRandom(home.settings.seed * 1_000 + node));
    this.talk = this.#talkLine.exchange;
  }

  /** The number of followers of logs. */
  get followerCount(): number {
    return [...this.#home.followers].filter(({ line }) => line === this).length;
  }

  /** How many events the server has given to the log of a namespace. */
  givenTo(namespace: string): number {
    return this.#given.get(namespace) ?? 0;
  }

  /** Kills the server at its next call of a kind. */
  crashAt(at: CrashPoint, kill: () => void): void {
    this.#crash = { at, kill };
  }

  /** Cancels `crashAt`. */
  disarm(): void {
    this.#crash = undefined;
  }

  /** The server is dead: its later calls are lost. */
  break(): void {
    this.#isBroken = true;
    this.#home.talk.break(this.#talkLine);
    for (const follower of this.#home.followers) if (follower.line === this) this.#home.followers.delete(follower);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #createLog(): Log {
    const { log } = this.#home;
    return {
      append: (namespace, records) => {
        const count = records.filter((record) => !isForNoSocket(record)).length;
        this.#given.set(namespace, this.givenTo(namespace) + count);
        return this.#write('append', () => this.#append(namespace, records)) as MaybePromise<Appended>;
      },
      read: (namespace, after, limit) => this.#call((): Page => log.read(namespace, after, limit)),
      readBack: (namespace, before, limit) => this.#call((): Page => log.readBack(namespace, before, limit)),
      extent: (namespace) => this.#call((): LogExtent => log.extent(namespace)),
      erase: (namespace, what) => this.#call(() => log.erase(namespace, what)),
      retain: (namespace, retention) => log.retain(namespace, retention),
      follow: (namespace, onMore) => {
        const follower: Follower = { namespace, line: this, onMore, isDue: false };
        this.#home.followers.add(follower);
        return () => void this.#home.followers.delete(follower);
      },
    };
  }

  #createStore(): KeyValueStore {
    const { store, witness, settings } = this.#home;
    return {
      isDurable: settings.isDurable,
      get: (key) => this.#call(() => store.get(key)),
      list: (prefix, limit) => this.#call(() => store.list(prefix, limit)),
      delete: (key) => this.#write('set', () => store.delete(key)) as MaybePromise<void>,
      swap: (...args) => this.#write('set', () => store.swap(...args)) as MaybePromise<Swapped>,
      table: (name) => {
        const table = store.table(name);
        return {
          put: (...args) => this.#write('set', () => table.put(...args)) as MaybePromise<void>,
          get: (key) => this.#call(() => table.get(key)) as MaybePromise<string | undefined>,
          remove: (...args) => this.#write('set', () => table.remove(...args)) as MaybePromise<void>,
          list: (...args) => this.#call(() => table.list(...args)) as MaybePromise<TableList | 'same'>,
        };
      },
      set: (key, value, expiresInMs) =>
        this.#write('set', () => {
          store.set(key, value, expiresInMs);
          witness.onSet(key, value, this.node);
        }) as MaybePromise<void>,
    };
  }

  #append(namespace: string, records: readonly LogRecord[]): Appended {
    const { log, witness, followers } = this.#home;
    const appended = log.append(namespace, records);
    witness.onAppended(namespace, records, appended.offsets, this.node);
    for (const follower of followers)
      if (follower.line !== this && follower.namespace === namespace) this.#tell(follower);
    return appended;
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

  #write<T>(call: CrashPoint['call'], carryOut: () => T): MaybePromise<T> {
    const crash = this.#crash;
    if (crash?.at.call !== call || this.#isBroken) return this.#call(carryOut);
    this.#crash = undefined;
    if (crash.at.isDone) {
      // All earlier calls are safe with this one.
      this.#callsSafe = this.#calls + 1;
      void this.#call(carryOut);
    }
    crash.kill();
    // The dead server cannot read the answer.
    return new Promise(() => undefined);
  }

  #call<T>(carryOut: () => T): MaybePromise<T> {
    if (this.#isBroken) return new Promise(() => undefined);
    const { callMs } = this.#home.settings;
    if (callMs === undefined) return carryOut();
    const { clock } = this.#home;
    const now = clock.now();
    this.#calls += 1;
    const number = this.#calls;
    this.#arrivesAt = Math.max(this.#arrivesAt, now + this.random.integer(...callMs));
    return new Promise((resolve, reject) => {
      const arrive = (): void => {
        // A call that was on its way when its server died may be lost, and then all later ones are lost as well.
        if (this.#isBroken && number > this.#callsSafe) this.#isCutOff ||= this.random.chance(0.5);
        if (this.#isCutOff) return;
        try {
          const answer = carryOut();
          this.#answersAt = Math.max(this.#answersAt, clock.now() + this.random.integer(...callMs));
          this.clock.setTimeout(resolve as (answer: T) => void, this.#answersAt - clock.now(), answer);
        } catch (error) {
          reject(error);
        }
      };
      clock.setTimeout(arrive, this.#arrivesAt - now, undefined);
    });
  }
}
