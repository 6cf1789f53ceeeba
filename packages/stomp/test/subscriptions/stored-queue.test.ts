import { describe, expect, it } from 'vitest';
import { stompSettings } from '../../../../test/kit/clients/stomp-tester.js';
import { memoryBackplane } from '../../../naru/src/backplane/memory.js';
import { FakeClock } from '../../../testing/src/fake-clock.js';
import type { WorkQueueStore } from '../../src/queues/work-queue-store.js';
import type { QueueMessage, QueueSubscriber } from '../../src/subscriptions/job-queue.js';
import {
  putStored,
  QUEUE_LEASE_MS,
  StoredQueue,
  type StoredQueueContext,
} from '../../src/subscriptions/stored-queue.js';
import { openQueues } from '../queues/queue-contract.js';

const KEY = JSON.stringify(['/', 'q']);

class Worker implements QueueSubscriber {
  readonly taken: string[] = [];
  readonly held: QueueMessage[] = [];
  readonly isAuto: boolean;
  room: number;

  constructor(room: number, isAuto = false) {
    this.room = room;
    this.isAuto = isAuto;
  }

  get canTake(): boolean {
    return this.held.length < this.room;
  }

  take(message: QueueMessage): void {
    this.taken.push(`${String(message.body.body)}${message.deliveries > 1 ? ` ${message.deliveries}` : ''}`);
    if (!this.isAuto) this.held.push(message);
  }
}

const message = (body: string | Uint8Array, headers: [string, string][] = []): QueueMessage => ({
  number: 0,
  size: 10,
  body: { contentType: 'text/plain', body },
  headers: new Map(headers),
  deliveries: 0,
});

/** Processes that share a queue. */
function build(limits: object = {}) {
  const clock = new FakeClock();
  const errors: unknown[] = [];
  const memory = openQueues(memoryBackplane(clock, { ageMs: 1e9, bytes: 1e9 }), clock);
  const count = async (): Promise<number> => (await memory.extent(KEY)).count;
  let number = 0;
  const context: StoredQueueContext = {
    clock,
    store: memory,
    namespace: '/',
    limits: stompSettings(limits),
    nextNumber: () => {
      number += 1;
      return number;
    },
    onError: (error) => errors.push(error),
  };
  const open = (store: WorkQueueStore = context.store, onEmpty = (): void => undefined) =>
    new StoredQueue('q', { ...context, store }, onEmpty);
  const put = (...messages: QueueMessage[]) =>
    putStored(
      messages.map((each) => ({ queue: 'q', message: each })),
      context,
    );
  return { clock, memory, count, errors, open, put, context };
}

/** Returns a store whose methods a test can replace. */
function boundTo(store: WorkQueueStore): WorkQueueStore {
  return {
    put: (...args) => store.put(...args),
    extent: (...args) => store.extent(...args),
    take: (...args) => store.take(...args),
    finish: (...args) => store.finish(...args),
    giveBack: (...args) => store.giveBack(...args),
    renew: (...args) => store.renew(...args),
    watch: (...args) => store.watch(...args),
  };
}

describe('a queue in a store', () => {
  it('gives each message to one subscriber of all processes', async () => {
    const { clock, open, put } = build();
    const [here, there] = [open(), open()];
    const workers = [new Worker(2), new Worker(2)];
    here.add(workers[0] as Worker);
    there.add(workers[1] as Worker);
    for (const each of ['1', '2', '3', '4', '5']) put(message(each));
    await clock.advance(10);
    expect(workers.flatMap(({ taken }) => taken).sort()).toEqual(['1', '2', '3', '4']);
    here.finish(workers[0]?.held.splice(0, 1) ?? []);
    await clock.advance(10);
    expect(workers.flatMap(({ taken }) => taken).sort()).toEqual(['1', '2', '3', '4', '5']);
    for (const [at, queue] of [here, there].entries()) queue.remove(workers[at] as Worker, []);
  });

  it('carries headers, content types and bytes', async () => {
    const { clock, open, put } = build();
    const there = open();
    const worker = new Worker(9);
    put(message(Uint8Array.of(0, 255), [['a', 'b']]));
    there.add(worker);
    await clock.advance(10);
    const [held] = worker.held;
    expect(held).toMatchObject({ body: { contentType: 'text/plain' }, headers: new Map([['a', 'b']]), deliveries: 1 });
    expect(Buffer.from(held?.body.body as Uint8Array)).toEqual(Buffer.of(0, 255));
    expect([there.count, there.isEmpty]).toEqual([1, false]);
    there.finish(worker.held);
    there.remove(worker, []);
    await clock.advance(10);
    expect([there.isEmpty, clock.timerCount]).toEqual([true, 0]);
  });

  it.each(['finish', 'giveBack'] as const)('ends with its last message after its last subscriber: %s', async (end) => {
    const { clock, open, put, context } = build();
    let watchers = 0;
    const store = boundTo(context.store);
    store.watch = (...args) => {
      const unwatch = context.store.watch(...args);
      watchers += 1;
      return () => {
        watchers -= 1;
        unwatch();
      };
    };
    let empties = 0;
    const queue = open(store, () => {
      empties += 1;
    });
    const worker = new Worker(1);
    put(message('a'));
    queue.add(worker);
    await clock.advance(10);
    queue.remove(worker, []);
    expect([queue.isEmpty, clock.timerCount, watchers, empties]).toEqual([false, 1, 1, 0]);
    queue[end](worker.held);
    await clock.advance(10);
    expect([queue.isEmpty, clock.timerCount, watchers, empties]).toEqual([true, 0, 0, 1]);
  });

  it('delivers again what a subscriber gives back, and drops it after the last delivery', async () => {
    const dropped: unknown[] = [];
    const { clock, count, open, put } = build({ deliveriesMax: 2, onDropped: () => dropped.push('dropped') });
    const there = open();
    const worker = new Worker(1);
    put(message('1'));
    there.add(worker);
    for (let round = 0; round < 2; round += 1) {
      await clock.advance(10);
      there.giveBack(worker.held.splice(0));
    }
    await clock.advance(10);
    expect([worker.taken, dropped, await count()]).toEqual([['1', '1 2'], ['dropped'], 0]);
    there.remove(worker, []);
  });

  it('counts no delivery of a message whose subscriber had gone before it came', async () => {
    const dropped: unknown[] = [];
    const { clock, count, open, put } = build({ deliveriesMax: 2, onDropped: () => dropped.push('dropped') });
    await put(message('1'));
    for (let round = 0; round < 5; round += 1) {
      const queue = open();
      const gone = new Worker(1);
      queue.add(gone);
      queue.remove(gone, []);
      await clock.advance(10);
    }
    const there = open();
    const worker = new Worker(1);
    there.add(worker);
    await clock.advance(10);
    expect([worker.taken, dropped, await count()]).toEqual([['1'], [], 1]);
    there.remove(worker, worker.held);
  });

  it('holds messages as long as the process lives, and gives them to others when it dies', async () => {
    const { clock, memory, open, put } = build();
    let isDead = false;
    const dyingStore: WorkQueueStore = {
      put: (...args) => memory.put(...args),
      extent: (...args) => memory.extent(...args),
      take: async (...args) => (isDead ? [] : memory.take(...args)),
      finish: async () => undefined,
      giveBack: async () => undefined,
      renew: async (...args) => (isDead ? [] : memory.renew(...args)),
      watch: () => () => undefined,
    };
    const [here, there] = [open(dyingStore), open()];
    const [dying, other] = [new Worker(1), new Worker(1)];
    here.add(dying);
    put(message('1'));
    here.deliver();
    await clock.advance(10);
    there.add(other);
    await clock.advance(3 * QUEUE_LEASE_MS);
    expect([dying.taken, other.taken]).toEqual([['1'], []]);
    isDead = true;
    await clock.advance(2 * QUEUE_LEASE_MS);
    expect(other.taken).toEqual(['1 2']);
    for (const [queue, worker] of [[here, dying] as const, [there, other] as const]) queue.remove(worker, worker.held);
  });

  it('keeps the messages that it holds when its process has stood still', async () => {
    const { clock, open, put } = build();
    const queue = open();
    const worker = new Worker(2);
    queue.add(worker);
    put(message('1'));
    await clock.advance(10);
    const before = clock.now.bind(clock);
    clock.now = () => before() + 2 * QUEUE_LEASE_MS;
    await clock.advance(QUEUE_LEASE_MS);
    expect(worker.taken).toEqual(['1']);
    queue.remove(worker, worker.held);
  });

  it('removes and reports a damaged message, and goes on with the next', async () => {
    const { clock, memory, count, errors, open, put, context } = build();
    const bounds = { countMax: 9, bytesMax: 999, queuesMax: 9, totalBytesMax: 999 };
    for (const damaged of ['["text/pl', '7', '[null,[],', '']) {
      await memory.put([{ queue: KEY, messages: [damaged] }], bounds);
    }
    await put(message('1'));
    const there = open(context.store);
    const worker = new Worker(1);
    there.add(worker);
    await clock.advance(10);
    expect([worker.taken, errors.length]).toEqual([['1'], 4]);
    expect(String(errors[0])).toContain('a damaged message of /queue/q is lost');
    there.finish(worker.held);
    there.remove(worker, []);
    await clock.advance(10);
    expect([await count(), there.isEmpty]).toEqual([0, true]);
  });

  it('takes no message for an auto subscriber twice', async () => {
    const { clock, count, open, put } = build();
    const queue = open();
    const worker = new Worker(9, true);
    queue.add(worker);
    for (const each of ['1', '2', '3']) put(message(each));
    await clock.advance(10);
    expect([worker.taken, await count()]).toEqual([['1', '2', '3'], 0]);
    queue.remove(worker, []);
  });
});

it.each([
  [{ queueMessagesMax: 1 }, '/queue/q is full: it has 1 messages'],
  [{ queueBytesMax: 40 }, '/queue/q is full: it has 40 bytes'],
  [{ queuesBytesMax: 40 }, 'the queues of all namespaces are full: they have 40 bytes'],
])('refuses a message that exceeds %o', async (limits, text) => {
  const { put } = build(limits);
  await put(message('1'));
  await expect(put(message('2'))).rejects.toMatchObject({ code: 'STOMP_BAD_REQUEST', message: text });
});

it('refuses a queue above the limit of all namespaces', async () => {
  const { context, put } = build({ queuesMax: 1 });
  await put(message('1'));
  const other = putStored([{ queue: 'other', message: message('2') }], context);
  await expect(other).rejects.toMatchObject({ message: 'the limit of 1 queues in all namespaces is reached' });
});

it('reports messages that the store failed to keep, and tells the sender', async () => {
  const { context, errors } = build();
  for (const fail of [() => Promise.reject(new Error('down')), () => expect.fail('down')]) {
    const store: WorkQueueStore = Object.assign(boundTo(context.store), { put: fail });
    const putting = async (): Promise<void> =>
      putStored([{ queue: 'q', message: message('1') }], { ...context, store });
    await expect(putting()).rejects.toMatchObject({ code: 'STOMP_REFUSED' });
  }
  expect(errors.length).toBe(2);
});

it('rejects an acknowledgement that the store failed to keep, and delivers the message again', async () => {
  const { clock, memory, count, errors, open, put } = build();
  const store: WorkQueueStore = Object.assign(boundTo(memory), { finish: () => Promise.reject(new Error('down')) });
  const queue = open(store);
  const worker = new Worker(1);
  put(message('1'));
  queue.add(worker);
  await clock.advance(10);
  await expect(queue.finish(worker.held.splice(0))).rejects.toMatchObject({ code: 'STOMP_REFUSED' });
  await clock.advance(2 * QUEUE_LEASE_MS);
  expect([worker.taken, errors.length, await count()]).toEqual([['1', '1 2'], 1, 1]);
  queue.remove(worker, worker.held);
});

it('reports a store that fails, and delivers when it works again', async () => {
  const { clock, memory, errors, open, put } = build();
  let isDown = true;
  const take: WorkQueueStore['take'] = async (...args) => {
    if (isDown) throw new Error('down');
    return memory.take(...args);
  };
  const store = Object.assign(boundTo(memory), { take });
  const queue = open(store);
  const worker = new Worker(1);
  put(message('1'));
  queue.add(worker);
  await clock.advance(10);
  expect(errors.length).toBeGreaterThan(0);
  expect(worker.taken).toEqual([]);
  isDown = false;
  await clock.advance(QUEUE_LEASE_MS);
  expect(worker.taken).toEqual(['1']);
  queue.remove(worker, worker.held);
});
