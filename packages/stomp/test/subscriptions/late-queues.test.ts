import { describe, expect, it } from 'vitest';
import { Stage, type StompTester } from '../../../../test/kit/clients/stomp-tester.js';
import type { Backplane, KeyValueStore } from '../../../naru/src/backplane/backplane.js';
import { memoryBackplane } from '../../../naru/src/backplane/memory.js';
import { after } from '../../../naru/src/base/steps/answer.js';
import { FakeClock } from '../../../testing/src/index.js';
import { openQueues } from '../queues/queue-contract.js';

const WAY_MS = 20;
const QUEUE = '/queue/jobs';

/** Servers whose queues are on a home that answers after `WAY_MS` each way. */
class World {
  readonly clock = new FakeClock();
  readonly home = memoryBackplane(this.clock, { ageMs: 1e9, bytes: 1e9 });
  readonly errors: unknown[] = [];
  isDown = false;

  stage(stomp = {}, options = {}): Stage {
    const backplane: Backplane = { ...this.home, store: this.#late() };
    const stage = new Stage(stomp, { backplane, ...options }, this.clock);
    stage.io.allow({ subscribe: true, publish: true });
    stage.io.engine.on('log_error', (error: unknown) => this.errors.push(error));
    return stage;
  }

  /** Sends a frame, and returns what has come when the home has answered. */
  async send(client: StompTester, command: string, headers: Record<string, string>, body = ''): Promise<string[]> {
    const before = client.all.length;
    await client.send(command, headers, body);
    await this.clock.advance(10 * WAY_MS);
    client.got();
    return client.all.slice(before).map((frame) => frame.headers['receipt-id'] ?? (frame.body || frame.command));
  }

  async count(queue = 'jobs'): Promise<number> {
    const queues = openQueues(this.home, this.clock);
    return (await queues.extent(JSON.stringify(['/', queue]))).count;
  }

  #late(): KeyValueStore {
    const { clock } = this;
    const { store } = this.home;
    const later = <T>(carryOut: () => T | Promise<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        const answer = (value: T): void => void clock.setTimeout(() => resolve(value), WAY_MS, undefined);
        const arrive = (): void => {
          if (this.isDown) reject(new Error('the home is down'));
          else after(carryOut(), answer, reject);
        };
        clock.setTimeout(arrive, WAY_MS, undefined);
      });
    return Object.assign(Object.create(store) as KeyValueStore, {
      isDurable: true,
      table: (name: string) => store.table(name),
      list: (...args: Parameters<KeyValueStore['list']>) => store.list(...args),
      get: (key: string) => later(() => store.get(key)),
      set: (...args: Parameters<KeyValueStore['set']>) => later(() => store.set(...args)),
      delete: (key: string) => later(() => store.delete(key)),
      swap: (...args: Parameters<KeyValueStore['swap']>) => later(() => store.swap(...args)),
    });
  }
}

describe('a work queue of a home that answers late', () => {
  it('confirms a message once the home has it, and tells the sender that the queue is full', async () => {
    const world = new World();
    const sender = await world.stage({ queueMessagesMax: 1 }).connect();
    expect(await sender.send('SEND', { destination: QUEUE, receipt: 'r1' }, 'a')).toEqual([]);
    await world.clock.advance(10 * WAY_MS);
    expect(sender.got()).toMatchObject([{ command: 'RECEIPT', headers: { 'receipt-id': 'r1' } }]);
    await world.send(sender, 'SEND', { destination: QUEUE, receipt: 'r2' }, 'b');
    expect(sender.all.at(-1)).toMatchObject({
      command: 'ERROR',
      headers: { 'receipt-id': 'r2', code: 'STOMP_BAD_REQUEST', message: '/queue/jobs is full: it has 1 messages' },
    });
    expect([await world.count(), sender.isClosed]).toEqual([1, true]);
  });

  it('keeps what a subscriber in mode auto does not read yet', async () => {
    const world = new World();
    const stage = world.stage({}, { lateBytesMax: 2_000 });
    const [sender, worker] = [await stage.connect(), await stage.connect()];
    await world.send(worker, 'SUBSCRIBE', { id: 'w', destination: QUEUE });
    worker.transport.peer.pause();
    const texts = Array.from({ length: 20 }, (_, index) => String(index).padEnd(10_000, '.'));
    for (const text of texts) await world.send(sender, 'SEND', { destination: QUEUE }, text);
    expect(worker.session.bufferedBytes).toBeLessThan(100_000);
    expect(await world.count()).toBeGreaterThan(10);
    worker.transport.peer.resume();
    await world.clock.advance(2_000);
    expect(worker.got().map(({ body }) => body)).toEqual(texts);
    expect(await world.count()).toBe(0);
  });

  it('tells a sender that asked for no receipt, and takes none of its later messages', async () => {
    const world = new World();
    const sender = await world.stage({ queueMessagesMax: 2 }).connect();
    const frame = (body: string): string => `SEND\ndestination:${QUEUE}\n\n${body}\0`;
    await sender.raw(['a', 'b', 'c', 'd'].map(frame).join(''));
    await world.clock.advance(20 * WAY_MS);
    expect(sender.got().map(({ command }) => command)).toEqual(['ERROR']);
    expect(await world.count()).toBe(2);
  });

  it('tells the sender when the home fails', async () => {
    const world = new World();
    const sender = await world.stage().connect();
    world.isDown = true;
    await world.send(sender, 'SEND', { destination: QUEUE, receipt: 'r' }, 'a');
    expect(sender.all.at(-1)).toMatchObject({
      command: 'ERROR',
      headers: { 'receipt-id': 'r', code: 'STOMP_REFUSED' },
    });
    expect(world.errors.length).toBeGreaterThan(0);
  });

  it('confirms an ACK once the home has it', async () => {
    const world = new World();
    const stage = world.stage();
    const [sender, worker] = [await stage.connect(), await stage.connect()];
    await world.send(worker, 'SUBSCRIBE', { id: 'w', destination: QUEUE, ack: 'client' });
    await world.send(sender, 'SEND', { destination: QUEUE }, 'a');
    await world.send(sender, 'SEND', { destination: QUEUE }, 'b');
    const [a, b] = worker.got();
    expect(await worker.send('ACK', { id: a?.headers.ack ?? '', receipt: 'r1' })).toEqual([]);
    await world.clock.advance(10 * WAY_MS);
    expect([worker.got()[0]?.headers['receipt-id'], await world.count()]).toEqual(['r1', 1]);
    world.isDown = true;
    await world.send(worker, 'ACK', { id: b?.headers.ack ?? '', receipt: 'r2' });
    expect(worker.all.at(-1)).toMatchObject({ command: 'ERROR', headers: { 'receipt-id': 'r2' } });
  });
});

describe('a transaction on a home that answers late', () => {
  async function begin(world: World, stomp = {}): Promise<{ sender: StompTester; listener: StompTester }> {
    const stage = world.stage(stomp);
    const [sender, listener] = [await stage.connect(), await stage.connect()];
    await listener.send('SUBSCRIBE', { id: 't', destination: '/topic/a' });
    await sender.send('BEGIN', { transaction: 'x' });
    for (const destination of ['/topic/a', '/queue/one', '/queue/two', '/queue/two', '/topic/a'])
      await sender.send('SEND', { destination, transaction: 'x', 'content-type': 'text/plain' }, destination);
    return { sender, listener };
  }

  it('is carried out as a whole', async () => {
    const world = new World();
    const { sender, listener } = await begin(world);
    expect(await sender.send('COMMIT', { transaction: 'x', receipt: 'r' })).toEqual([]);
    expect(listener.got()).toEqual([]);
    expect(await world.send(sender, 'BEGIN', { transaction: 'y' })).toEqual(['r']);
    expect([await world.count('one'), await world.count('two'), listener.got().length]).toEqual([1, 2, 2]);
  });

  it('is refused as a whole when one of its queues is full', async () => {
    const world = new World();
    const { sender, listener } = await begin(world, { queueMessagesMax: 1 });
    await world.send(sender, 'COMMIT', { transaction: 'x', receipt: 'r' });
    expect(sender.all.at(-1)).toMatchObject({
      command: 'ERROR',
      headers: { 'receipt-id': 'r', message: '/queue/two is full: it has 1 messages' },
    });
    expect([await world.count('one'), await world.count('two'), listener.got()]).toEqual([0, 0, []]);
  });

  it('is carried out although its client goes before the home answers', async () => {
    const world = new World();
    const { sender, listener } = await begin(world);
    await sender.send('COMMIT', { transaction: 'x' });
    sender.transport.peer.close();
    await world.clock.advance(10 * WAY_MS);
    expect([await world.count('one'), await world.count('two'), listener.got().length]).toEqual([1, 2, 2]);
  });

  it.each([false, true])('counts its ACKs although its client goes, unless the home fails (%s)', async (isDown) => {
    const world = new World();
    const stage = world.stage();
    const [sender, worker] = [await stage.connect(), await stage.connect()];
    await world.send(worker, 'SUBSCRIBE', { id: 'w', destination: QUEUE, ack: 'client-individual' });
    await world.send(sender, 'SEND', { destination: QUEUE }, 'job');
    const [job] = worker.got();
    await worker.send('BEGIN', { transaction: 'x' });
    await worker.send('SEND', { destination: '/queue/results', transaction: 'x' }, 'result');
    await worker.send('ACK', { id: job?.headers.ack ?? '', transaction: 'x' });
    world.isDown = isDown;
    await worker.send('COMMIT', { transaction: 'x' });
    worker.transport.peer.close();
    await world.clock.advance(10 * WAY_MS);
    world.isDown = false;
    expect([await world.count('results'), await world.count()]).toEqual(isDown ? [0, 1] : [1, 0]);
    const other = await stage.connect();
    await world.send(other, 'SUBSCRIBE', { id: 'o', destination: QUEUE, ack: 'client-individual' });
    await world.clock.advance(20_000);
    expect(other.got().map(({ body }) => body)).toEqual(isDown ? ['job'] : []);
  });

  it('goes on to its end although a listener disconnects its client', async () => {
    const stage = new Stage();
    stage.io.allow({ subscribe: true, publish: true });
    stage.io.on('connection', (socket) => socket.on('bye', () => socket.disconnect(true)));
    const [sender, listener] = [await stage.connect(), await stage.connect()];
    await listener.send('SUBSCRIBE', { id: 't', destination: '/topic/a' });
    await listener.send('SUBSCRIBE', { id: 'q', destination: QUEUE });
    await sender.send('BEGIN', { transaction: 'x' });
    for (const destination of ['/app/bye', '/topic/a', QUEUE])
      await sender.send('SEND', { destination, transaction: 'x' }, '[]');
    await sender.send('COMMIT', { transaction: 'x' });
    await stage.clock.settle();
    expect([sender.isClosed, listener.got().map(({ headers }) => headers.subscription)]).toEqual([true, ['t', 'q']]);
  });
});
