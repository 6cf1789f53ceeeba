import { describe, expect, it } from 'vitest';
import type { Backplane, StateListener, Swapped } from '../../../naru/src/backplane/backplane.js';
import { MemoryStore } from '../../../naru/src/backplane/memory-store.js';
import { UnavailableError } from '../../../naru/src/base/errors.js';
import { FakeClock } from '../../../testing/src/fake-clock.js';
import { SeededRandom } from '../../../testing/src/seeded-random.js';
import { SharedQueues } from '../../src/queues/shared-queues.js';
import type { HeldMessage, QueueBounds, WorkQueueStore } from '../../src/queues/work-queue-store.js';

const LEASE_MS = 5_000;
const ROOM: QueueBounds = { countMax: 1e6, bytesMax: 1e9, queuesMax: 100, totalBytesMax: 1e9 };

type Fault = 'fails before' | 'fails after' | 'ends';

/** A home of texts, to which each process has a line that may fail. */
class Home {
  readonly clock = new FakeClock();
  readonly texts = new Map<string, string>();
  /** Called before the next swap. */
  onSwap: (() => void) | undefined;
  /** Called after the next swap of a process. Its answer waits for that. */
  afterSwap: (() => Promise<void>) | undefined;
  readonly #random: SeededRandom;
  readonly #listeners = new Set<StateListener>();

  constructor(seed = 1) {
    this.#random = new SeededRandom(seed);
  }

  /** Opens the queues for a process whose call with this number has a fault. */
  open(faultyCall = 0, fault: Fault = 'ends', places = 128): SharedQueues {
    let calls = 0;
    let isOver = false;
    const call = async <T>(act: () => T): Promise<T> => {
      calls += 1;
      if (calls === faultyCall && fault === 'fails before') throw new UnavailableError('NOT_KEPT', 'fault');
      if (isOver) return new Promise(() => undefined);
      const answer = act();
      if (calls === faultyCall && fault === 'fails after') throw new UnavailableError('CLOSED', 'fault');
      if (calls === faultyCall && fault === 'ends') {
        isOver = true;
        return new Promise(() => undefined);
      }
      return answer;
    };
    const swap = (key: string, expected: string | undefined, value: string | undefined): Swapped => {
      const { onSwap } = this;
      this.onSwap = undefined;
      onSwap?.();
      const before = this.texts.get(key);
      if (before === expected && value !== undefined) this.texts.set(key, value);
      return { swapped: before === expected, value: before };
    };
    const store = Object.assign(new MemoryStore(this.clock), {
      get: (key: string) => call(() => this.texts.get(key)),
      set: (key: string, value: string) => call(() => void this.texts.set(key, value)),
      delete: (key: string) => call(() => void this.texts.delete(key)),
      swap: async (...args: Parameters<typeof swap>) => {
        const answer = await call(() => swap(...args));
        const { afterSwap } = this;
        this.afterSwap = undefined;
        await afterSwap?.();
        return answer;
      },
    });
    const backplane: Pick<Backplane, 'store' | 'onState'> = {
      store: store as unknown as Backplane['store'],
      onState: (listener) => {
        this.#listeners.add(listener);
        return () => undefined;
      },
    };
    const random = this.#random.fork();
    return new SharedQueues({ backplane, clock: this.clock, random, bell: undefined, places, savedAfter: 4 });
  }

  /** Puts the texts back to what they were, as when a broker restarts without its newest writes. */
  restore(texts: ReadonlyMap<string, string>): void {
    this.texts.clear();
    for (const [key, text] of texts) this.texts.set(key, text);
    this.interrupt();
  }

  /** Tells all processes that their connections were lost. */
  interrupt(): void {
    for (const listener of this.#listeners) listener('slow');
  }
}

const textsOf = (held: readonly HeldMessage[]): string[] => held.map(({ body }) => body);
const idsOf = (held: readonly HeldMessage[]): string[] => held.map(({ id }) => id);

/** The messages of a process that may have ended. */
interface Work {
  readonly kept: string[];
  /** Puts without an answer, or with an error. */
  readonly doubtful: string[];
  readonly finished: string[];
  readonly doubtfulEnds: string[];
}

/** Puts, takes and finishes messages, as long as the queues answer. */
async function work(queues: WorkQueueStore, name: string, done: Work): Promise<void> {
  for (let n = 0; n < 12; n += 1) {
    const messages = [`${name}${n}`, `${name}${n}.`];
    done.doubtful.push(...messages);
    const answer = await queues.put([{ queue: 'q', messages }], ROOM).catch(() => 'failed');
    if (answer === 'kept') {
      done.doubtful.splice(-2);
      done.kept.push(...messages);
    }
    const held = await queues.take('q', 1, LEASE_MS).catch(() => []);
    const texts = textsOf(held);
    done.doubtfulEnds.push(...texts);
    await queues.finish('q', idsOf(held)).then(
      () => done.finished.push(...done.doubtfulEnds.splice(-texts.length, texts.length)),
      () => undefined,
    );
  }
}

/** Takes all that is left, in the order in which it was put. */
async function rest(home: Home): Promise<string[]> {
  const queues = home.open();
  const found: string[] = [];
  await queues.extent('q');
  await home.clock.advance(2 * LEASE_MS);
  for (;;) {
    const held = await queues.take('q', 7, LEASE_MS);
    if (held.length === 0) break;
    found.push(...textsOf(held));
    await queues.finish('q', idsOf(held));
  }
  expect(await queues.extent('q')).toEqual({ count: 0, bytes: 0 });
  return found;
}

function check({ kept, doubtful, finished, doubtfulEnds }: Work, found: readonly string[]): void {
  const mayBe = new Set([...kept, ...doubtful]);
  for (const text of found) expect(mayBe.has(text), `${text} was never put`).toBe(true);
  expect(new Set(found).size, 'a message is there twice').toBe(found.length);
  for (const text of found) expect(finished.includes(text), `${text} was finished`).toBe(false);
  const gone = new Set([...found, ...finished, ...doubtfulEnds]);
  for (const text of kept) expect(gone.has(text), `${text} is lost`).toBe(true);
}

describe('work queues', () => {
  it.each<Fault>(['fails before', 'fails after', 'ends'])('lose nothing when a call to the store %s', async (fault) => {
    for (let call = 1; call < 220; call += 1) {
      const home = new Home(call);
      const done: Work = { kept: [], doubtful: [], finished: [], doubtfulEnds: [] };
      const working = work(home.open(call, fault), 'a', done);
      if (fault === 'ends') await home.clock.advance(1);
      else await working;
      check(done, await rest(home));
    }
  });

  it('leave a bounded number of texts behind, whatever call ends the process', async () => {
    const home = new Home();
    const sizes: number[] = [];
    for (let call = 1; call < 160; call += 1) {
      const done: Work = { kept: [], doubtful: [], finished: [], doubtfulEnds: [] };
      void work(home.open(call, 'ends'), `${call} `, done);
      await home.clock.advance(1);
      check(done, await rest(home));
      // The next process to store the state need not wait for the one that has ended.
      await home.clock.advance(60_000);
      sizes.push(home.texts.size);
    }
    // The places of the ring, the state, and a few texts on their way.
    expect(Math.max(...sizes)).toBeLessThan(128 + 40);
  });

  it('notice that the store has lost their newest entries, and heed no holder of what is lost', async () => {
    const home = new Home();
    const [here, there] = [home.open(), home.open()];
    await here.put([{ queue: 'q', messages: ['1'] }], ROOM);
    const copy = new Map(home.texts);
    await here.put([{ queue: 'q', messages: ['lost'] }], ROOM);
    const lost = await here.take('q', 9, LEASE_MS);
    expect(textsOf(lost)).toEqual(['1', 'lost']);
    home.restore(copy);
    expect(await there.put([{ queue: 'q', messages: ['new'] }], ROOM)).toBe('kept');
    const held = await there.take('q', 9, LEASE_MS);
    expect(textsOf(held)).toEqual(['1', 'new']);
    await here.finish('q', idsOf(lost));
    await here.giveBack('q', idsOf(lost));
    expect(await there.renew('q', idsOf(held), LEASE_MS)).toEqual(idsOf(held));
    expect(await here.extent('q')).toEqual({ count: 2, bytes: 4 });
    expect(await here.put([{ queue: 'q', messages: ['more'] }], ROOM)).toBe('kept');
    expect(textsOf(await there.take('q', 9, LEASE_MS))).toEqual(['more']);
  });

  it('count an entry for nothing that stands after a loss, and write it again', async () => {
    const home = new Home();
    const [here, there] = [home.open(), home.open()];
    await here.put([{ queue: 'q', messages: ['1'] }], ROOM);
    const copy = new Map(home.texts);
    await here.put([{ queue: 'q', messages: ['lost'] }], ROOM);
    // The store loses the newest entries while the next one is on its way.
    home.onSwap = () => home.restore(copy);
    expect(await here.put([{ queue: 'q', messages: ['2'] }], ROOM)).toBe('kept');
    expect(await there.put([{ queue: 'q', messages: ['3'] }], ROOM)).toBe('kept');
    expect(textsOf(await there.take('q', 9, LEASE_MS))).toEqual(['1', '2', '3']);
  });

  it('write an entry once whose answer comes after others have stored it in a state', async () => {
    const home = new Home();
    const [here, there] = [home.open(), home.open()];
    await here.put([{ queue: 'q', messages: ['1'] }], ROOM);
    const before = new Set(home.texts.keys());
    home.afterSwap = async () => {
      home.interrupt();
      for (let n = 0; n < 8; n += 1) await there.put([{ queue: 'other', messages: [`${n}`] }], ROOM);
      await home.clock.advance(1);
      // The entry before that of the waiting process has made room.
      expect([...before].map((key) => home.texts.get(key))).toEqual(['freed 1']);
      home.interrupt();
    };
    expect(await here.put([{ queue: 'q', messages: ['2'] }], ROOM)).toBe('kept');
    const held = await here.take('q', 9, LEASE_MS);
    expect(textsOf(held)).toEqual(['1', '2']);
    await here.finish('q', idsOf(held));
    expect(await there.extent('q')).toEqual({ count: 0, bytes: 0 });
    expect((await there.extent('other')).count).toBe(8);
  });

  it('refuse what a later version has written, and change nothing', async () => {
    const home = new Home();
    await home.open().put([{ queue: 'q', messages: ['1'] }], ROOM);
    const [key, text] = [...home.texts].find(([each]) => each.startsWith('queue-log ')) ?? ['', ''];
    home.texts.set(key, text.replace('[1,', '[2,'));
    const before = new Map(home.texts);
    const queues = home.open();
    await expect(queues.take('q', 1, LEASE_MS)).rejects.toThrow('A later version of Naru wrote the work queues');
    await expect(queues.put([{ queue: 'q', messages: ['2'] }], ROOM)).rejects.toThrow(UnavailableError);
    expect(home.texts).toEqual(before);
  });

  it('give a message whose text the store has lost as an empty one', async () => {
    const home = new Home();
    const here = home.open();
    await here.put([{ queue: 'q', messages: ['old'] }], ROOM);
    for (let n = 0; n < 20; n += 1) await here.renew('q', idsOf(await here.take('q', 1, 0)), 0);
    await home.clock.advance(1);
    for (const key of home.texts.keys()) if (key.startsWith('queue-text ')) home.texts.delete(key);
    expect(textsOf(await home.open().take('q', 1, LEASE_MS))).toEqual(['']);
  });

  it('are all there when a process begins after thousands of messages', async () => {
    const home = new Home();
    const here = home.open(0, 'ends', 256);
    const all = Array.from({ length: 5_000 }, (_, n) => `${n}`);
    for (let n = 0; n < all.length; n += 10) await here.put([{ queue: 'q', messages: all.slice(n, n + 10) }], ROOM);
    const late = home.open(0, 'ends', 256);
    const found: string[] = [];
    while (found.length < all.length) {
      const held = await late.take('q', 700, LEASE_MS);
      found.push(...textsOf(held));
      await late.finish('q', idsOf(held));
    }
    expect(found).toEqual(all);
  });
});
