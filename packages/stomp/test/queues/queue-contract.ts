/** The promises of work queues, as cases for every home. */
import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import type { Backplane } from '../../../naru/src/backplane/backplane.js';
import { type Clock, systemClock } from '../../../naru/src/base/clock.js';
import { getOrCreate } from '../../../naru/src/base/get-or-create.js';
import { type Random, systemRandom } from '../../../naru/src/base/id.js';
import { type QueueBell, SharedQueues } from '../../src/queues/shared-queues.js';
import type { HeldMessage, QueueBounds, WorkQueueStore } from '../../src/queues/work-queue-store.js';

/** A home under test. */
export interface QueueSubject {
  /** Opens the queues as one more process would. */
  open(): Promise<WorkQueueStore>;
  /** Lets time pass on the clocks of all processes. */
  pass(ms: number): Promise<void>;
  /** Waits a little for others. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

type QueueCase = (subject: QueueSubject, queues: WorkQueueStore) => Promise<void>;

/** A case with its name. */
export interface NamedCase {
  readonly name: string;
  run(): Promise<void>;
}

/** Returns the cases. Each opens a home of its own. */
export function queueContract(start: () => Promise<QueueSubject>): NamedCase[] {
  return Object.entries(CASES).map(([name, run]) => ({
    name,
    async run() {
      const subject = await start();
      await run(subject, await subject.open());
      await subject.close();
    },
  }));
}

/** Opens queues over a backplane, with a small ring, so that every case stores states. */
export function openQueues(
  backplane: Backplane,
  clock: Clock,
  { bell = bellOf(backplane), random = systemRandom }: { bell?: QueueBell | undefined; random?: Random } = {},
): SharedQueues {
  return new SharedQueues({ backplane, clock, random, bell, places: 128, savedAfter: 8 });
}

const known = new WeakMap<Backplane, SharedQueues>();

/** Returns the queues of one process, by the clock of the machine. */
export function queuesOf(backplane: Backplane): SharedQueues {
  return getOrCreate(known, backplane, () => {
    const context = { backplane, clock: systemClock, random: systemRandom };
    return new SharedQueues({ ...context, bell: bellOf(backplane) });
  });
}

/** Rings by the talk of a backplane. */
export function bellOf({ talk }: Pick<Backplane, 'talk'>): (QueueBell & { othersCount(): number }) | undefined {
  if (!talk) return undefined;
  const listeners = new Set<(isWanted: boolean) => void>();
  const member = talk.join({
    onMessage: (_from, _namespace, message) => {
      for (const listener of listeners) listener(message[0] === 1);
    },
    onQuestion: () => undefined,
  });
  return {
    othersCount: () => member.others.length,
    ring: (isWanted) => member.publish('queues', Uint8Array.of(isWanted ? 1 : 0)),
    hear(onRing) {
      listeners.add(onRing);
    },
  };
}

/** Waits for something that another process brings about. */
async function until(subject: QueueSubject, isDone: () => boolean): Promise<void> {
  for (let tries = 0; !isDone(); tries += 1) {
    strictEqual(tries < 2_000, true, 'the processes did not hear each other');
    await subject.idle();
  }
}

/** Long enough for the calls of a case to a home that is far away. */
const LEASE_MS = 5_000;

const ROOM: QueueBounds = { countMax: 100, bytesMax: 10_000, queuesMax: 100, totalBytesMax: 10_000 };

const bodies = (...texts: readonly string[]): string[] => [...texts];

/** Puts messages into one queue. */
const put = (queues: WorkQueueStore, queue: string, messages: readonly string[], bounds: QueueBounds = ROOM) =>
  queues.put([{ queue, messages }], bounds);

/** Takes messages and returns their texts, with the number of the delivery if it is not the first. */
async function taken(queues: WorkQueueStore, queue: string, count: number, leaseMs = LEASE_MS): Promise<string[]> {
  return textsOf(await queues.take(queue, count, leaseMs));
}

function textsOf(held: readonly HeldMessage[]): string[] {
  return held.map(({ body, deliveries }) => `${body}${deliveries > 1 ? ` ${deliveries}` : ''}`);
}

const idsOf = (held: readonly HeldMessage[]): string[] => held.map(({ id }) => id);

const CASES: Record<string, QueueCase> = {
  'gives each message of a queue to one taker, in order': async (subject, queues) => {
    const theirs = await subject.open();
    strictEqual(await put(queues, 'a', bodies('1', '2', '', 'é')), 'kept');
    strictEqual(await put(theirs, 'a', bodies('5')), 'kept');
    strictEqual(await put(queues, 'b', bodies('other')), 'kept');
    deepStrictEqual(await taken(queues, 'a', 2), ['1', '2']);
    deepStrictEqual(await taken(theirs, 'a', 2), ['', 'é']);
    deepStrictEqual(await taken(queues, 'a', 9), ['5']);
    deepStrictEqual(await taken(theirs, 'a', 9), []);
    deepStrictEqual(await taken(theirs, 'b', 9), ['other']);
  },
  'removes finished messages, and gives returned ones again before all that waits': async (_subject, queues) => {
    await put(queues, 'a', bodies('1', '2', '3', '4'));
    const [one, two, three] = await queues.take('a', 3, LEASE_MS);
    await queues.giveBack('a', [three?.id ?? '', one?.id ?? '', 'x', '99']);
    await queues.finish('a', [two?.id ?? '', 'x', '99', '-1']);
    deepStrictEqual(await taken(queues, 'a', 9), ['1 2', '3 2', '4']);
  },
  'counts no delivery of a message that was given back unsent': async (subject, queues) => {
    const theirs = await subject.open();
    await put(queues, 'a', bodies('1', '2'));
    const ids = idsOf(await queues.take('a', 2, LEASE_MS));
    await queues.giveBack('a', ids.slice(0, 1), true);
    // The hold of the first message has ended already, so it counts once.
    await queues.giveBack('a', ids, true);
    deepStrictEqual(await taken(theirs, 'a', 9), ['1', '2']);
    await queues.giveBack('a', ids, true);
    deepStrictEqual(await taken(theirs, 'a', 9), []);
    await subject.pass(LEASE_MS);
    deepStrictEqual(await taken(theirs, 'a', 9), ['1 2', '2 2']);
  },
  'ends holds that are not renewed': async ({ pass }, queues) => {
    await put(queues, 'a', bodies('1', '2', '3'));
    const ids = idsOf(await queues.take('a', 3, LEASE_MS));
    await pass(0.6 * LEASE_MS);
    deepStrictEqual(await queues.renew('a', [...ids.slice(0, 1), '99'], LEASE_MS), ids.slice(0, 1));
    await pass(0.6 * LEASE_MS);
    const again = await queues.take('a', 9, LEASE_MS);
    deepStrictEqual(textsOf(again), ['2 2', '3 2']);
    await queues.finish('a', idsOf(again));
    await pass(2 * LEASE_MS);
    deepStrictEqual(await taken(queues, 'a', 9), ['1 2']);
  },
  'keeps all messages of a put or none, within the bounds': async (_subject, queues) => {
    strictEqual(await put(queues, 'a', bodies('1', '2'), { ...ROOM, countMax: 3 }), 'kept');
    deepStrictEqual(await put(queues, 'a', bodies('3', '4'), { ...ROOM, countMax: 3 }), {
      queue: 'a',
      bound: 'countMax',
    });
    deepStrictEqual(await put(queues, 'a', bodies('xxxx'), { ...ROOM, bytesMax: 5 }), {
      queue: 'a',
      bound: 'bytesMax',
    });
    strictEqual(await put(queues, 'a', bodies('xxx'), { ...ROOM, bytesMax: 5 }), 'kept');
    const held = await queues.take('a', 3, LEASE_MS);
    deepStrictEqual(await queues.extent('a'), { count: 3, bytes: 5 });
    deepStrictEqual(await queues.extent('b'), { count: 0, bytes: 0 });
    // Messages that somebody holds count.
    deepStrictEqual(await put(queues, 'a', bodies('4'), { ...ROOM, countMax: 3 }), { queue: 'a', bound: 'countMax' });
    await queues.finish('a', idsOf(held));
    strictEqual(await put(queues, 'a', bodies('5', '6', '7'), { ...ROOM, countMax: 3 }), 'kept');
    deepStrictEqual(await taken(queues, 'a', 9), ['5', '6', '7']);
  },
  'keeps the messages for several queues, or none': async (_subject, queues) => {
    const [one, other] = [
      { queue: 'a', messages: bodies('1') },
      { queue: 'b', messages: bodies('2', '3') },
    ];
    deepStrictEqual(await queues.put([one, other], { ...ROOM, countMax: 1 }), { queue: 'b', bound: 'countMax' });
    deepStrictEqual([await taken(queues, 'a', 9), await taken(queues, 'b', 9)], [[], []]);
    deepStrictEqual(await queues.put([one, other, one], { ...ROOM, countMax: 2 }), 'kept');
    deepStrictEqual(
      [await taken(queues, 'a', 9), await taken(queues, 'b', 9)],
      [
        ['1', '1'],
        ['2', '3'],
      ],
    );
    deepStrictEqual(await queues.put([one], { ...ROOM, countMax: 2 }), { queue: 'a', bound: 'countMax' });
  },
  'keeps all or nothing of what is put at the same time': async (subject, queues) => {
    const all = [queues, await subject.open()];
    const both = ['a', 'b'].map((queue) => ({ queue, messages: bodies('x') }));
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, at) => all[at % 2]?.put(both, { ...ROOM, countMax: 3 })),
    );
    deepStrictEqual(answers.filter((answer) => answer === 'kept').length, 3);
    deepStrictEqual(await queues.extent('a'), { count: 3, bytes: 3 });
    deepStrictEqual(await queues.extent('b'), { count: 3, bytes: 3 });
  },
  'bounds all queues together': async (subject, queues) => {
    const theirs = await subject.open();
    const bounds = { ...ROOM, queuesMax: 2, totalBytesMax: 6 };
    strictEqual(await put(queues, 'a', bodies('xxx'), bounds), 'kept');
    strictEqual(await put(theirs, 'b', bodies('xx'), bounds), 'kept');
    deepStrictEqual(await put(queues, 'c', bodies('x'), bounds), { queue: 'c', bound: 'queuesMax' });
    deepStrictEqual(await put(theirs, 'a', bodies('xx'), bounds), { queue: 'a', bound: 'totalBytesMax' });
    const [held] = await queues.take('a', 1, LEASE_MS);
    await queues.finish('a', [held?.id ?? '']);
    strictEqual(await put(theirs, 'c', bodies('x', 'xx', 'x'), bounds), 'kept');
    deepStrictEqual(await put(queues, 'b', bodies('x'), bounds), { queue: 'b', bound: 'totalBytesMax' });
  },
  'keeps a message from a taker that has lost an earlier one': async ({ pass }, queues) => {
    await put(queues, 'a', bodies('1'));
    const [late] = await queues.take('a', 1, LEASE_MS);
    await pass(LEASE_MS);
    const [again] = await queues.take('a', 1, LEASE_MS);
    strictEqual(again?.deliveries, 2);
    await queues.finish('a', [again?.id ?? '']);
    await put(queues, 'a', bodies('2'));
    deepStrictEqual(await taken(queues, 'a', 1), ['2']);
    await queues.finish('a', [late?.id ?? '']);
    deepStrictEqual(await queues.extent('a'), { count: 1, bytes: 1 });
  },
  'renews a hold that has ended if nobody has taken the message since': async (subject, queues) => {
    await put(queues, 'a', bodies('1', '2'));
    const [one, two] = idsOf(await queues.take('a', 2, LEASE_MS));
    await subject.pass(LEASE_MS);
    deepStrictEqual(await taken(queues, 'a', 1), ['1 2']);
    deepStrictEqual(await queues.renew('a', [one ?? '', two ?? ''], LEASE_MS), [two]);
    deepStrictEqual(await taken(queues, 'a', 1), []);
    await queues.finish('a', [one ?? '', two ?? '']);
    deepStrictEqual(await queues.extent('a'), { count: 1, bytes: 1 });
  },
  'heeds the taker that holds a message, and no earlier one': async (subject, queues) => {
    const theirs = await subject.open();
    await put(queues, 'a', bodies('1'));
    const [late] = await queues.take('a', 1, LEASE_MS);
    // A process counts the lease from the moment at which it learns of the hold.
    await theirs.extent('a');
    await subject.pass(LEASE_MS);
    const [held] = await theirs.take('a', 1, LEASE_MS);
    const [former, present] = [late?.id ?? '', held?.id ?? ''];
    deepStrictEqual(await queues.renew('a', [former], 9 * LEASE_MS), []);
    await queues.giveBack('a', [former]);
    deepStrictEqual(await taken(queues, 'a', 1), []);
    await queues.finish('a', [former]);
    deepStrictEqual(await theirs.renew('a', [former, present], LEASE_MS), [present]);
    await subject.pass(LEASE_MS);
    // Nobody has taken the message since its last hold ended, so that holder may still finish it.
    await theirs.finish('a', [present]);
    deepStrictEqual(await queues.extent('a'), { count: 0, bytes: 0 });
  },
  'tells watchers of messages that they may take': async (subject, queues) => {
    const theirs = await subject.open();
    let told = 0;
    const end = queues.watch('a', () => {
      told += 1;
    });
    await queues.extent('a');
    await put(theirs, 'a', bodies('1'));
    await until(subject, () => told > 0);
    end();
    const [held] = await queues.take('a', 1, LEASE_MS);
    let again = 0;
    const endAgain = queues.watch('a', () => {
      again += 1;
    });
    await queues.extent('a');
    await theirs.giveBack('a', [held?.id ?? '']);
    await until(subject, () => again > 0);
    endAgain();
  },
  'keeps queues beyond the process': async (subject, queues) => {
    await put(queues, 'a', bodies('1', '2'));
    await queues.take('a', 1, LEASE_MS);
    const theirs = await subject.open();
    deepStrictEqual(await taken(theirs, 'a', 9), ['2']);
    await subject.pass(LEASE_MS);
    deepStrictEqual(await taken(theirs, 'a', 9), ['1 2', '2 2']);
  },
  'goes through many states without losing a message': async (subject, queues) => {
    const theirs = await subject.open();
    await put(queues, 'b', bodies('old', 'older'));
    for (let n = 0; n < 40; n += 1) {
      const [putter, taker] = n % 3 === 0 ? [queues, theirs] : [theirs, queues];
      await put(putter, 'a', bodies(`${n}`, `${n}.`));
      if (n === 20) deepStrictEqual(await taken(theirs, 'b', 1), ['old']);
      const held = await taker.take('a', 2, LEASE_MS);
      deepStrictEqual(textsOf(held), [`${n}`, `${n}.`]);
      await taker.finish('a', idsOf(held));
    }
    const late = await subject.open();
    deepStrictEqual(await taken(late, 'b', 9), ['older']);
    await subject.pass(LEASE_MS);
    deepStrictEqual(await taken(late, 'b', 9), ['old 2', 'older 2']);
    deepStrictEqual(await late.extent('a'), { count: 0, bytes: 0 });
  },
  'gives each message to one of three takers that compete': async (subject, queues) => {
    const all = [queues, await subject.open(), await subject.open()];
    const done: string[] = [];
    const work = async (each: WorkQueueStore): Promise<void> => {
      while (done.length < 60) {
        const held = await each.take('a', 3, 100 * LEASE_MS);
        done.push(...textsOf(held));
        await each.finish('a', idsOf(held));
        // The feeders, and what the home has put off, get their turn, too.
        if (held.length === 0) await new Promise(setImmediate);
      }
    };
    const feed = async (each: WorkQueueStore, name: string): Promise<void> => {
      for (let n = 0; n < 20; n += 1) strictEqual(await put(each, 'a', bodies(`${name}${n}`)), 'kept');
    };
    await Promise.all(all.flatMap((each, at) => [feed(each, 'abc'[at] ?? ''), work(each)]));
    deepStrictEqual([...done].sort(), [...new Set(done)].sort());
    strictEqual(done.length, 60);
    for (const name of 'abc') {
      const own = done.filter((text) => text.startsWith(name));
      deepStrictEqual([...own].sort((one, other) => Number(one.slice(1)) - Number(other.slice(1))).length, 20);
    }
    deepStrictEqual(await queues.extent('a'), { count: 0, bytes: 0 });
  },
};
