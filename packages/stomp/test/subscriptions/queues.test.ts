import { describe, expect, it } from 'vitest';
import { Stage, type StompTester } from '../../../../test/kit/clients/stomp-tester.js';
import { coreOf, type Namespace, usedCoreOf } from '../../../naru/src/namespace/namespace.js';
import type { DroppedMessage } from '../../src/options.js';

function openStage(stomp = {}, options = {}): Stage {
  const stage = new Stage(stomp, options);
  stage.io.allow({ subscribe: true, publish: true });
  return stage;
}

const bodies = (client: StompTester): string[] => client.got().map(({ body }) => body);

async function put(client: StompTester, ...texts: string[]): Promise<void> {
  for (const text of texts)
    await client.send('SEND', { destination: '/queue/jobs', 'content-type': 'text/plain' }, text);
}

const work = (client: StompTester, ack = 'client-individual', more: Record<string, string> = {}) =>
  client.send('SUBSCRIBE', { id: 'w', destination: '/queue/jobs', ack, ...more });

describe('a work queue', () => {
  it('gives each message to one subscriber, in turn', async () => {
    const stage = openStage();
    const [boss, ann, bob] = [await stage.connect(), await stage.connect(), await stage.connect()];
    await work(ann, 'auto');
    await work(bob, 'auto');
    await put(boss, '1', '2', '3', '4');
    const [a, b] = [bodies(ann), bodies(bob)];
    expect([a.length, b.length]).toEqual([2, 2]);
    expect([...a, ...b].sort()).toEqual(['1', '2', '3', '4']);
  });

  it('keeps the messages that a subscriber in mode auto does not read, until it reads or goes', async () => {
    const stage = openStage({}, { lateBytesMax: 2_000 });
    const [boss, ann, bob] = [await stage.connect(), await stage.connect(), await stage.connect()];
    await work(ann, 'auto');
    ann.transport.peer.pause();
    const texts = Array.from({ length: 40 }, (_, index) => String(index).padEnd(10_000, '.'));
    await put(boss, ...texts.slice(0, 20));
    expect(ann.session.bufferedBytes).toBeLessThan(100_000);
    ann.transport.peer.resume();
    await stage.clock.settle();
    expect(bodies(ann)).toEqual(texts.slice(0, 20));
    ann.transport.peer.pause();
    await put(boss, ...texts.slice(20));
    ann.transport.peer.close();
    await stage.clock.settle();
    const left = (await work(bob, 'auto')).map(({ body }) => body);
    expect(left.length).toBeGreaterThan(10);
    expect(left).toEqual(texts.slice(-left.length));
  });

  it("keeps messages until somebody subscribes, with the sender's headers", async () => {
    const stage = openStage();
    const [boss, ann] = [await stage.connect(), await stage.connect()];
    await boss.send('SEND', { destination: '/queue/jobs', event: 'job', kind: 'x:y' }, Uint8Array.of(0, 255));
    const [message] = await work(ann);
    expect(message).toMatchObject({
      command: 'MESSAGE',
      headers: { destination: '/queue/jobs', subscription: 'w', event: 'job', kind: 'x:y' },
    });
    expect([...(message?.bytes ?? [])]).toEqual([0, 255]);
    expect(message?.headers.redelivered).toBeUndefined();
  });

  it('delivers again on NACK, before the waiting messages, and marks it', async () => {
    const stage = openStage();
    const [boss, ann] = [await stage.connect(), await stage.connect()];
    await work(ann, 'client-individual', { 'prefetch-count': '1' });
    await put(boss, '1', '2');
    const [first] = ann.got();
    const [again] = await ann.send('NACK', { id: first?.headers.ack ?? '' });
    expect([again?.body, again?.headers.redelivered, again?.headers['message-id']]).toEqual([
      '1',
      'true',
      first?.headers['message-id'],
    ]);
    const [second] = await ann.send('ACK', { id: again?.headers.ack ?? '' });
    expect(second?.body).toBe('2');
  });

  it('delivers to another subscriber when one leaves, unsubscribes or loses its connection', async () => {
    const stage = openStage();
    const [boss, ann, bob, eve] = [
      await stage.connect(),
      await stage.connect(),
      await stage.connect(),
      await stage.connect(),
    ];
    await work(ann);
    await put(boss, '1', '2', '3');
    expect(bodies(ann)).toEqual(['1', '2', '3']);
    await work(bob);
    await ann.send('UNSUBSCRIBE', { id: 'w' });
    expect(bodies(bob)).toEqual(['1', '2', '3']);
    await work(eve);
    bob.transport.peer.close();
    await stage.clock.settle();
    expect(bodies(eve)).toEqual(['1', '2', '3']);
  });

  it('delivers nothing to other subscriptions of a connection that has ended', async () => {
    const stage = openStage();
    const [boss, ann, bob] = [await stage.connect(), await stage.connect(), await stage.connect()];
    await work(ann);
    await put(boss, '1');
    await ann.send('SUBSCRIBE', { id: 'x', destination: '/queue/jobs' });
    ann.transport.peer.close();
    await stage.clock.settle();
    expect(await work(bob)).toMatchObject([{ body: '1', headers: { redelivered: 'true' } }]);
    const queues = stage.scope.queuesOf(coreOf(stage.io.of('/') as object as Namespace));
    expect(queues.get('jobs')?.count).toBe(1);
  });

  it('gives a message up only after its deliveries, however many subscriptions a connection has', async () => {
    const dropped: DroppedMessage[] = [];
    const stage = openStage({ deliveriesMax: 2, onDropped: (message: DroppedMessage) => dropped.push(message) });
    const [boss, ann, bob] = [await stage.connect(), await stage.connect(), await stage.connect()];
    for (const id of ['x', 'y', 'z'])
      await ann.send('SUBSCRIBE', { id, destination: '/queue/jobs', ack: 'client-individual' });
    await put(boss, '1');
    ann.transport.peer.close();
    await stage.clock.settle();
    expect([(await work(bob)).map(({ body }) => body), dropped]).toEqual([['1'], []]);
  });

  it('gives each subscriber at most what it may hold', async () => {
    const stage = openStage({ prefetchMax: 2 });
    const [boss, ann] = [await stage.connect(), await stage.connect()];
    await work(ann, 'client', { 'prefetch-count': '50' });
    await put(boss, '1', '2', '3', '4');
    const messages = ann.got();
    expect(messages.map(({ body }) => body)).toEqual(['1', '2']);
    const next = await ann.send('ACK', { id: messages[1]?.headers.ack ?? '' });
    expect(next.map(({ body }) => body)).toEqual(['3', '4']);
  });

  it('drops and reports a message that returns too often', async () => {
    const dropped: DroppedMessage[] = [];
    const stage = openStage({ deliveriesMax: 2, onDropped: (message: DroppedMessage) => dropped.push(message) });
    const [boss, ann] = [await stage.connect(), await stage.connect()];
    await work(ann);
    await put(boss, '1');
    const [first] = ann.got();
    const [second] = await ann.send('NACK', { id: first?.headers.ack ?? '' });
    expect(await ann.send('NACK', { id: second?.headers.ack ?? '' })).toEqual([]);
    expect(dropped).toMatchObject([
      { namespace: '/', queue: '/queue/jobs', reason: 'too many deliveries', deliveries: 2 },
    ]);
    expect(Buffer.from(dropped[0]?.body ?? []).toString()).toBe('1');
  });

  it('disappears when it is empty and nobody listens', async () => {
    const stage = openStage();
    const [boss, ann] = [await stage.connect(), await stage.connect()];
    const queues = stage.scope.queuesOf(coreOf(stage.io.of('/') as object as Namespace));
    await work(ann);
    await put(boss, '1');
    const [first] = ann.got();
    await ann.send('ACK', { id: first?.headers.ack ?? '' });
    expect(queues.count).toBe(1);
    await ann.send('UNSUBSCRIBE', { id: 'w' });
    expect(queues.count).toBe(0);
    await put(boss, '2');
    expect(queues.count).toBe(1);
    await work(ann, 'auto');
    await ann.send('UNSUBSCRIBE', { id: 'w' });
    expect(queues.count).toBe(0);
  });

  it('keeps its messages while the namespace is idle', async () => {
    const stage = openStage();
    stage.io.of('/jobs').allow({ subscribe: true, publish: true });
    const boss = await stage.connect({ host: '/jobs' });
    await put(boss, '1');
    await boss.send('DISCONNECT');
    await stage.clock.advance(200_000);
    const ann = await stage.connect({ host: '/jobs' });
    expect((await work(ann, 'auto')).map(({ body }) => body)).toEqual(['1']);
    await ann.send('DISCONNECT');
    await stage.clock.advance(200_000);
    expect(usedCoreOf(stage.io.of('/jobs') as object as Namespace)).toBe(undefined);
  });

  it('is limited in messages, in bytes and in number', async () => {
    const full = async (stomp: object, ...texts: string[]) => {
      const client = await openStage(stomp).connect();
      await put(client, ...texts);
      return client.got().concat(client.all).at(-1)?.headers.message;
    };
    expect(await full({ queueMessagesMax: 2 }, '1', '2', '3')).toBe('/queue/jobs is full: it has 2 messages');
    expect(await full({ queueBytesMax: 500 }, 'x'.repeat(200), 'y'.repeat(200))).toBe(
      '/queue/jobs is full: it has 500 bytes',
    );
    expect(await full({ queuesMax: 0 }, '1')).toContain('reached its limit of');
    const client = await openStage({ queuesMax: 0 }).connect();
    expect((await work(client))[0]?.headers.message).toContain('reached its limit of');
  });

  it('needs open permissions for the name of its destination', async () => {
    const stage = new Stage();
    const asked: unknown[] = [];
    stage.io.allow({
      subscribe: (_socket, room) => asked.push(room) > 0,
      publish: (_socket, room, event, args) => asked.push([room, event, args]) < 0,
    });
    const client = await stage.connect();
    await work(client);
    const [error] = await client.send(
      'SEND',
      { destination: '/queue/jobs', 'content-type': 'application/json' },
      '[1]',
    );
    expect(asked).toEqual(['/queue/jobs', ['/queue/jobs', 'message', [1]]]);
    expect(error?.headers.message).toContain('SEND to /queue/jobs was refused');
  });
});

describe('a transaction', () => {
  it('does nothing before its COMMIT, then everything in order, with receipts on the way', async () => {
    const stage = openStage();
    const [boss, ann] = [await stage.connect(), await stage.connect()];
    await work(ann, 'auto');
    await ann.send('SUBSCRIBE', { id: 't', destination: '/topic/a' });
    const transaction = 'tx';
    expect(await boss.send('BEGIN', { transaction, receipt: '1' })).toMatchObject([{ command: 'RECEIPT' }]);
    await boss.send('SEND', { destination: '/topic/a', transaction }, 'a');
    expect(await boss.send('SEND', { destination: '/queue/jobs', transaction, receipt: '2' }, 'b')).toHaveLength(1);
    await boss.send('SEND', { destination: '/topic/a', transaction }, 'c');
    expect(ann.got()).toEqual([]);
    expect(await boss.send('COMMIT', { transaction, receipt: '3' })).toMatchObject([
      { headers: { 'receipt-id': '3' } },
    ]);
    expect(bodies(ann)).toEqual(['a', 'b', 'c']);
    expect(await boss.send('ABORT', { transaction })).toMatchObject([{ command: 'ERROR' }]);
  });

  it('is forgotten by ABORT', async () => {
    const stage = openStage();
    const [boss, ann] = [await stage.connect(), await stage.connect()];
    await work(ann);
    await put(boss, 'x');
    const [message] = ann.got();
    await ann.send('BEGIN', { transaction: '1' });
    await ann.send('ACK', { id: message?.headers.ack ?? '', transaction: '1' });
    await ann.send('ABORT', { transaction: '1' });
    expect(ann.connection.subscriptions.get('w')?.heldCount).toBe(1);
    await ann.send('BEGIN', { transaction: '1' });
    await ann.send('ACK', { id: message?.headers.ack ?? '', transaction: '1' });
    await ann.send('COMMIT', { transaction: '1' });
    expect(ann.connection.subscriptions.get('w')?.heldCount).toBe(0);
  });

  it('is done completely or not at all', async () => {
    for (const bad of [
      { destination: '/topic/secret' },
      { destination: '/nowhere' },
      { destination: '/topic/late' },
      { destination: '/queue/jobs' },
    ]) {
      const stage = new Stage({ queueMessagesMax: 1 });
      stage.io.allow({
        subscribe: true,
        publish: (_socket, room) =>
          room === 'late' ? new Promise((resolve) => stage.clock.setTimeout(resolve, 10, false)) : room !== 'secret',
      });
      const [boss, ann] = [await stage.connect(), await stage.connect()];
      await ann.send('SUBSCRIBE', { id: 't', destination: '/topic/a' });
      const transaction = 'tx';
      await boss.send('BEGIN', { transaction });
      await boss.send('SEND', { destination: '/topic/a', transaction }, 'a');
      await boss.send('SEND', { destination: '/queue/jobs', transaction }, 'b');
      await boss.send('SEND', { ...bad, transaction }, 'c');
      await boss.send('COMMIT', { transaction });
      await stage.clock.advance(20);
      expect([ann.got(), boss.isClosed]).toEqual([[], true]);
      expect(boss.got().concat(boss.all).at(-1)?.command).toBe('ERROR');
    }
  });

  it('is limited in frames and bytes', async () => {
    const run = async (stomp: object) => {
      const client = await openStage(stomp).connect();
      await client.send('BEGIN', { transaction: '1' });
      for (let count = 0; count < 3; count += 1) {
        await client.send('SEND', { destination: '/topic/a', transaction: '1' }, 'x'.repeat(100));
      }
      return client.all.at(-1)?.headers.message;
    };
    expect(await run({ transactionFramesMax: 2 })).toBe('more than 2 frames are in transactions');
    expect(await run({ transactionBytesMax: 700 })).toBe('more than 700 bytes are in transactions');
  });
});
