/**
 * Nodes of Naru that bring numbered messages into one log, on a fake clock. They come, end, are killed, stand still and
 * lose their connection. All hear the messages in one order, each after a delay of its own.
 */
import { expect, it } from 'vitest';
import type { Backplane, LogRecord, StoredRecord } from '../../naru/src/backplane/backplane.js';
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
    for (const record of records) all.push({ ...record, offset: encodeOffset(all.length + 1) });
    this.records.set(namespace, all);
  }

  /** The part of the backplane that a ledger uses. `isAlive` says whether its node still gets answers. */
  backplane(isAlive: () => boolean): Backplane {
    const answer = <T>(value: Promise<T>): Promise<T> =>
      value.then((found) => (isAlive() ? found : new Promise<never>(() => undefined)));
    const textNow = (): string | undefined =>
      this.#text && this.#text.until > this.#clock.now() ? this.#text.value : undefined;
    const swap = (_key: string, before: string | undefined, value: string, ms: number) =>
      answer(
        this.#later(() => {
          const swapped = textNow() === before;
          if (swapped) this.#text = { value, until: this.#clock.now() + ms };
          return { swapped, value: before };
        }),
      );
    const readBack = (namespace: string, before: string | undefined, limit: number) =>
      answer(
        this.#later(() => {
          if (this.refusals > 0) return undefined;
          const all = (this.records.get(namespace) ?? []).filter(({ offset }) => !before || offset < before);
          return { records: all.slice(-limit), hasGap: false };
        }),
      ).then((page) => {
        if (page) return page;
        this.refusals -= 1;
        throw new UnavailableError('REFUSED', 'no reading now');
      });
    const store = { isDurable: true, get: () => answer(this.#later(textNow)), swap };
    return { name: 'test', log: { append: () => undefined, readBack }, store } as object as Backplane;
  }
}

/** One node of Naru. It hears the channel after a delay, in order. */
class Listener {
  readonly ledger: Ledger;
  readonly #clock: FakeClock;
  readonly #random: SeededRandom;
  #isAlive = true;
  #isHearing = true;
  /** The number of its connection. A lost one takes what was on its way with it. */
  #connection = 0;
  #heardUntil = 0;
  #stillUntil = 0;
  /** The time at which the log has its newest event. */
  #keptAt = 0;

  constructor(stage: Stage, name: string) {
    const { clock, random, home } = stage;
    this.#clock = clock;
    this.#random = random.fork();
    const append = (namespace: string, record: LogRecord): void => {
      if (!this.#isAlive) return;
      // The events of a node that is killed may still be on their way.
      const way = (): void => home.append(namespace, [{ ...record, at: clock.now() }]);
      this.#keptAt = Math.max(this.#keptAt, clock.now() + random.integer(5, WAY_MS));
      clock.setTimeout(way, this.#keptAt - clock.now(), undefined);
    };
    this.ledger = new Ledger({
      host: {
        clock,
        random,
        backplane: home.backplane(() => this.#isAlive),
        recoveryMs: 0,
        isLogged: () => true,
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
        if (this.#isAlive) stage.publish(message);
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
        if (!this.#isAlive || connection !== this.#connection) return;
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
        if (this.#isAlive) this.ledger.onGap();
      },
      ms,
      undefined,
    );
  }

  kill(): void {
    this.#isAlive = false;
  }

  async end(): Promise<void> {
    await this.ledger.stop();
    this.#isAlive = false;
  }
}

/** Some nodes of Naru, and what the nodes of Socket.IO say. */
class Stage {
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

  say(): void {
    const uid = this.random.pick(['old', 'older', 'emitter'] as const);
    const namespace = this.random.pick(NAMESPACES) as string;
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

  /** Returns the words of each node in the log. */
  kept(): Map<string, string[]> {
    const kept = new Map<string, string[]>();
    for (const [namespace, records] of this.home.records)
      for (const record of records) {
        const uid = String(originOf(record)).split(' ').at(-1);
        const [, , word, , rooms] = JSON.parse(record.event);
        const name = `${uid} ${namespace}`;
        kept.set(name, [...(kept.get(name) ?? []), rooms ? `joins ${rooms}` : word]);
      }
    return kept;
  }
}

/** Something happens to a node of Naru, perhaps. */
async function happen(stage: Stage, listener: Listener, what: number): Promise<void> {
  const { clock, random } = stage;
  await new Promise<void>((resolve) => clock.setTimeout(resolve, random.integer(0, 1_000), undefined));
  if (what === 0 || what === 1) {
    stage.listeners.delete(listener);
    if (what === 0) await listener.end();
    else listener.kill();
    await new Promise<void>((resolve) => clock.setTimeout(resolve, random.integer(0, 3_000), undefined));
    stage.start();
  } else if (what === 2) listener.stall(random.integer(500, 1_500));
  else if (what === 3) listener.lose(random.integer(0, 200));
}

/** Runs a minute with three nodes of Naru, of which at least one always knows what the others have appended. */
async function run(seed: number): Promise<Stage> {
  const stage = new Stage(seed);
  const { clock, random } = stage;
  for (let n = 0; n < 3; n += 1) stage.start();
  await clock.advance(6_000);
  for (let step = 0; step < 12; step += 1) {
    const [first] = stage.listeners;
    const listener = (random.chance(0.6) ? first : random.pick([...stage.listeners])) as Listener;
    let isOver = false;
    void happen(stage, listener, random.integer(0, 4)).then(() => {
      isOver = true;
    });
    for (let n = 0; n < 60; n += 1) {
      stage.say();
      await clock.advance(random.integer(0, 60));
    }
    while (!isOver) await clock.advance(50);
    // A newcomer has been told of the counts by then, and a lease has been taken.
    await clock.advance(6_500);
  }
  await clock.advance(10_000);
  return stage;
}

it.each(Array.from({ length: 60 }, (_, n) => n + 1))(
  'appends each message once and in order, with seed %i',
  async (seed) => {
    const stage = await run(seed);
    expect(stage.errors).toEqual([]);
    expect([...stage.said.values()].flat().length).toBe(12 * 60);
    expect(Object.fromEntries(stage.kept())).toEqual(Object.fromEntries(stage.said));
  },
);

it('appends nothing twice when the node that takes over cannot read the log at first', async () => {
  const stage = new Stage(1);
  const { clock, home } = stage;
  const nodes = [stage.start(), stage.start()];
  await clock.advance(6_000);
  const talk = async (): Promise<void> => {
    for (let n = 0; n < 20; n += 1) {
      stage.say();
      await clock.advance(20);
    }
  };
  await talk();
  home.refusals = 2;
  nodes[home.holder === 'n1' ? 0 : 1]?.kill();
  await talk();
  await clock.advance(30_000);
  expect([home.refusals, stage.errors]).toEqual([0, []]);
  expect(Object.fromEntries(stage.kept())).toEqual(Object.fromEntries(stage.said));
});
