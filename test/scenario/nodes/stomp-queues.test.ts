import type { Client, IMessage } from '@stomp/stompjs';
import { expect, it } from 'vitest';
import { type Node, startNodes } from './nodes.js';
import { done, openStomp as open } from './stomp.js';

async function consume(client: Client, ack: 'auto' | 'client-individual'): Promise<IMessage[]> {
  const messages: IMessage[] = [];
  await done(client, (headers) =>
    client.subscribe('/queue/jobs', (message) => void messages.push(message), {
      ack,
      'prefetch-count': '3',
      ...headers,
    }),
  );
  return messages;
}

const put = (client: Client, body: string): Promise<void> =>
  done(client, (headers) => client.publish({ destination: '/queue/jobs', body, headers }));

it('gives each message to one consumer of all processes, and again to another when its process is killed', async () => {
  const nodes = await startNodes(['a', 'b', 'c'], 1);
  const [a, b, c] = nodes as [Node, Node, Node];
  const producer = await open(a);
  const [doomed, other] = [
    await consume(await open(b), 'client-individual'),
    await consume(await open(c), 'client-individual'),
  ];
  const texts = Array.from({ length: 6 }, (_, n) => `job ${n}`);
  for (const text of texts) await put(producer, text);
  const bodies = (messages: readonly IMessage[]): string[] => messages.map(({ body }) => body);
  await expect.poll(() => [...bodies(doomed), ...bodies(other)].sort()).toEqual(texts);
  const lost = bodies(doomed);
  for (const message of other) message.ack();
  b.child.kill('SIGKILL');
  await expect
    .poll(() => bodies(other.slice(texts.length - lost.length)).sort(), { timeout: 30_000 })
    .toEqual(lost.sort());
  expect(other.slice(-lost.length).every(({ headers }) => headers.redelivered === 'true')).toBe(true);
  for (const message of other.slice(-lost.length)) message.ack();
  await put(producer, 'newest');
  await expect.poll(() => bodies(other).at(-1)).toBe('newest');
}, 60_000);

it('carries out a transaction for the subscribers of all processes', async () => {
  const nodes = await startNodes(['a', 'b', 'c'], 1);
  const [a, b, c] = nodes as [Node, Node, Node];
  const [producer, listener] = [await open(a), await open(b)];
  const heard: string[] = [];
  await done(listener, (headers) =>
    listener.subscribe('/topic/jobs', ({ body }) => void heard.push(JSON.parse(body)[0]), headers),
  );
  const jobs = await consume(await open(c), 'client-individual');
  const { id, commit } = producer.begin();
  const send = (destination: string, body: string): void =>
    producer.publish({ destination, body, headers: { transaction: id, 'content-type': 'text/plain' } });
  send('/topic/jobs', 'first');
  send('/queue/jobs', 'job');
  send('/topic/jobs', 'last');
  const given = producer.begin();
  producer.publish({ destination: '/queue/jobs', body: 'given up', headers: { transaction: given.id } });
  given.abort();
  await put(producer, 'before');
  expect(heard).toEqual([]);
  commit();
  await expect.poll(() => heard).toEqual(['first', 'last']);
  await expect.poll(() => jobs.map(({ body }) => body)).toEqual(['before', 'job']);
}, 60_000);

it('keeps messages while no process runs', async () => {
  const nodes = await startNodes(['a'], 1);
  const [a] = nodes as [Node];
  await put(await open(a), 'kept');
  a.child.kill('SIGKILL');
  const [again] = (await startNodes(['a'], 1, a.folder)) as [Node];
  const messages = await consume(await open(again), 'auto');
  await expect.poll(() => messages.map(({ body }) => body)).toEqual(['kept']);
});

it('carries messages of a queue from each process to a consumer of each other one', async () => {
  const nodes = await startNodes(['a', 'b', 'c'], 1);
  for (const from of nodes) {
    for (const to of nodes) {
      const consumer = await open(to);
      const messages = await consume(consumer, 'auto');
      await put(await open(from), `${from.name} to ${to.name}`);
      await expect.poll(() => messages.map(({ body }) => body)).toEqual([`${from.name} to ${to.name}`]);
      await consumer.deactivate();
    }
  }
}, 60_000);
