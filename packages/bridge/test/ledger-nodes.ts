/** The home of a log, nodes of Naru that hear the nodes of Socket.IO, and what these say, on a fake clock. */
import type { Backplane, BackplaneState, LogRecord, StoredRecord } from '../../naru/src/backplane/backplane.js';
import { encodeOffset } from '../../naru/src/backplane/backplane.js';
import { UnavailableError } from '../../naru/src/base/errors.js';
import { actRecord, originOf } from '../../naru/src/entry/bridge.js';
import { FakeClock, SeededRandom } from '../../testing/src/entry/index.js';
import type { Heard } from '../src/kept-messages.js';
import { Ledger } from '../src/ledger.js';

const NAMESPACES = ['/', '/side'];
/** The most milliseconds for which an event is on its way into the log. */
const WAY_MS = 300;

/** The home of the log: a list, and texts that expire. */
class Home {
  readonly records = new Map<string, StoredRecord[]>();
  #count = 0;
  #isTrimmed = false;
  /** Readings that the home will refuse. */
  refusals = 0;
  readonly #clock: FakeClock;
  readonly #delayMs: () => number;
  #text: { value: string; until: number } | undefined;

  constructor(clock: FakeClock, delayMs: () => number) {
    this.#clock = clock;
    this.#delayMs = delayMs;
  }

  /** Carries out a request after a while. All requests of a home have one order. */
  #later<T>(request: () => T): Promise<T> {
    return new Promise((resolve) => {
      this.#clock.setTimeout(
        () => {
          const value = request();
          this.#clock.setTimeout(() => resolve(value), this.#delayMs(), undefined);
        },
        this.#delayMs(),
        undefined,
      );
    });
  }

  /** The name of the node that may append. */
  get holder(): string | undefined {
    return this.#text?.value.split('.')[0];
  }

  append(namespace: string, records: readonly LogRecord[]): void {
    const all = this.records.get(namespace) ?? [];
    for (const record of records) {
      this.#count += 1;
      all.push({ ...record, offset: encodeOffset(this.#count) });
    }
    this.records.set(namespace, all);
  }

  /** Retention leaves so many records of a namespace. */
  trim(namespace: string, left: number): void {
    this.records.set(namespace, this.records.get(namespace)?.slice(-left) ?? []);
    this.#isTrimmed = true;
  }

  /** The part of the backplane that a ledger uses. */
  backplane(listener: Listener): Backplane {
    const never = new Promise<never>(() => undefined);
    // A node that is killed asks nothing more, and gets no answer.
    const ask = <T>(request: () => T): Promise<T> =>
      listener.isAlive ? this.#later(request).then((found) => (listener.isAlive ? found : never)) : never;
    const textNow = (): string | undefined =>
      this.#text && this.#text.until > this.#clock.now() ? this.#text.value : undefined;
    const swap = (_key: string, before: string | undefined, value: string, ms: number) =>
      ask(() => {
        const swapped = textNow() === before;
        if (swapped) this.#text = { value, until: this.#clock.now() + ms };
        return { swapped, value: before };
      });
    const readBack = (namespace: string, before: string | undefined, limit: number) =>
      ask(() => {
        if (this.refusals > 0) return undefined;
        const all = this.records.get(namespace) ?? [];
        const end = 1 + all.findLastIndex(({ offset }) => !before || offset < before);
        return { records: all.slice(Math.max(0, end - limit), end), hasGap: this.#isTrimmed && end < limit };
      }).then((page) => {
        if (page) return page;
        this.refusals -= 1;
        throw new UnavailableError('REFUSED', 'no reading now');
      });
    const state = { get: () => listener.state };
    const store = { isDurable: true, get: () => ask(textNow), swap };
    const log = { append: () => undefined, readBack };
    return Object.defineProperty({ name: 'test', log, store } as object, 'state', state) as Backplane;
  }
}

/** One node of Naru. It hears the channel after a delay, in order. */
export class Listener {
  readonly name: string;
  readonly ledger: Ledger;
  readonly #clock: FakeClock;
  readonly #random: SeededRandom;
  /** The state of its connection to the home. */
  state: BackplaneState = 'up';
  /** The namespace that its options leave without a log. */
  withoutLog: string | undefined;
  isAlive = true;
  #isHearing = true;
  /** The number of its connection. A lost one takes what was on its way with it. */
  #connection = 0;
  #heardUntil = 0;
  #stillUntil = 0;
  /** The time at which the log has its newest event. */
  #keptAt = 0;

  constructor(stage: Stage, name: string) {
    this.name = name;
    const { clock, random, home } = stage;
    this.#clock = clock;
    this.#random = random.fork();
    const append = (namespace: string, record: LogRecord): void => {
      if (!this.isAlive) return;
      // The events of a turn go out at its end, and those of a node that is killed may still be on their way.
      const way = (): void => home.append(namespace, [{ ...record, at: clock.now() }]);
      const wayMs = random.integer(5, WAY_MS);
      clock.defer(() => {
        this.#keptAt = Math.max(this.#keptAt, clock.now() + wayMs);
        clock.setTimeout(way, this.#keptAt - clock.now(), undefined);
      }, undefined);
    };
    this.ledger = new Ledger({
      host: {
        clock,
        random,
        backplane: home.backplane(this),
        recoveryMs: 0,
        isLogged: (namespace) => namespace !== this.withoutLog,
        whenDelivered: () =>
          new Promise((resolve) => {
            clock.setTimeout(() => resolve(undefined), Math.max(0, this.#keptAt - clock.now()) + 1, undefined);
          }),
        onError: () => undefined,
      },
      onError: (error) => stage.errors.push(error),
      node: name,
      namespace: (namespace) => ({
        name: namespace,
        deliver: (target, data) => {
          const { by } = target.flags;
          append(namespace, { rooms: [], except: [], event: JSON.stringify(data), attachments: [], at: 0, by });
        },
        act: (target, action) => append(namespace, actRecord(target, action, String(target.flags.by), 0)),
        whenKept: (callback) => callback(),
        ask: () => () => undefined,
        describe: () => [],
        announce: () => undefined,
        rooms: () => [],
        watchRooms: () => undefined,
      }),
      say: (message) => {
        if (this.isAlive) stage.publish(message);
      },
      countNodes: async () => stage.listeners.size,
    });
  }

  begin(): void {
    this.ledger.open();
    this.ledger.onGap();
  }

  hear(message: unknown): void {
    if (!this.#isHearing) return;
    const now = this.#clock.now();
    const connection = this.#connection;
    this.#heardUntil = Math.max(this.#heardUntil, this.#stillUntil, now + this.#random.integer(0, 30));
    this.#clock.setTimeout(
      () => {
        if (!this.isAlive || connection !== this.#connection) return;
        const heard = message as Heard;
        if (heard.uid) this.ledger.take(heard);
        else this.ledger.onSaid(message);
      },
      this.#heardUntil - now,
      undefined,
    );
  }

  /** Nothing arrives for a while. */
  stall(ms: number): void {
    this.#stillUntil = this.#clock.now() + ms;
  }

  /** The connection breaks, and messages are missed. */
  lose(ms: number): void {
    this.#isHearing = false;
    this.#connection += 1;
    this.#clock.setTimeout(
      () => {
        this.#isHearing = true;
        this.#heardUntil = 0;
        if (this.isAlive) this.ledger.onGap();
      },
      ms,
      undefined,
    );
  }

  /** The home is away for a while. */
  loseHome(ms: number): void {
    this.state = 'slow';
    this.#clock.setTimeout(
      () => {
        this.state = 'up';
      },
      ms,
      undefined,
    );
  }

  kill(): void {
    this.isAlive = false;
  }

  async end(): Promise<void> {
    await this.ledger.stop();
    this.isAlive = false;
  }
}

/** Some nodes of Naru, and what the nodes of Socket.IO say. */
export class Stage {
  readonly clock = new FakeClock();
  readonly random: SeededRandom;
  readonly home: Home;
  readonly listeners = new Set<Listener>();
  readonly errors: unknown[] = [];
  /** The messages of each node and namespace, of which some are equal. */
  readonly said = new Map<string, string[]>();
  #names = 0;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    this.home = new Home(this.clock, () => this.random.integer(1, 15));
  }

  publish(message: unknown): void {
    for (const listener of this.listeners) listener.hear(message);
  }

  start(): Listener {
    this.#names += 1;
    const listener = new Listener(this, `n${this.#names}`);
    this.listeners.add(listener);
    listener.begin();
    return listener;
  }

  say(
    uid: string = this.random.pick(['old', 'older', 'emitter'] as const),
    namespace = this.random.pick(NAMESPACES) as string,
  ): void {
    const name = `${uid} ${namespace}`;
    const all = this.said.get(name) ?? [];
    // Every third word is the same.
    const word = this.random.integer(0, 2) === 0 ? 'tick' : `${all.length}`;
    const isEvent = this.random.chance(0.8);
    all.push(isEvent ? word : `joins ${word}`);
    this.said.set(name, all);
    const what = isEvent ? { data: ['said', uid, word] } : { action: ['join', [word]] };
    const target = { rooms: new Set(), except: new Set(), flags: {} };
    this.publish({ uid, namespace, target, bytes: 10, ...what });
  }

  /** The node that may append. */
  get holder(): Listener {
    return [...this.listeners].find(({ name }) => name === this.home.holder) as Listener;
  }

  /** Returns the words of each node in the log. */
  kept(): Map<string, string[]> {
    const kept = new Map<string, string[]>();
    for (const [namespace, records] of this.home.records)
      for (const record of records) {
        if (originOf(record) === undefined) continue;
        const uid = String(originOf(record)).split(' ').at(-1);
        const [, , word, , rooms] = JSON.parse(record.event);
        const name = `${uid} ${namespace}`;
        kept.set(name, [...(kept.get(name) ?? []), rooms ? `joins ${rooms}` : word]);
      }
    return kept;
  }
}
