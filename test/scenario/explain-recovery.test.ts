/**
 * `explain` on three nodes about clients that go: they leave after the event, go on with their sessions on another
 * node, or are told of a gap.
 */
import { expect, it } from 'vitest';
import { ask, enter, PlainClient, pass, startThree } from './explain/three-nodes.js';

it('says that a client got an event, and that it has left since', async () => {
  const cluster = await startThree();
  const client = await enter(cluster.urls[1], 'room');
  const { id } = client;
  const heard = new Promise((resolve) => client.once('said', resolve));
  cluster.servers[0].to('room').emit('said');
  await heard;
  client.disconnect();
  await expect.poll(() => cluster.servers[1].of('/').sockets.size).toBe(0);
  const { verdict, sentence, evidence } = await ask(cluster, id, 'said');
  expect(verdict).toBe('delivered');
  expect(sentence).toContain(`on the node ${cluster.servers[1].node}`);
  expect(evidence.at(-1)).toContain('left reason="client namespace disconnect"');
});

it('says that a client got an event on the node where it went on with its session', async () => {
  const cluster = await startThree();
  const [one, two, three] = cluster.servers;
  const first = await PlainClient.open(cluster.urls[0]);
  one.of('/').sockets.get(first.id)?.join('room');
  two.to('room').emit('known');
  await expect.poll(() => first.texts.length).toBe(1);
  first.socket.terminate();
  await expect.poll(() => one.of('/').sockets.size).toBe(0);
  two.to('room').emit('missed');
  two.to('elsewhere').emit('not for it');
  await expect.poll(async () => (await ask(cluster, first.id, 'missed')).verdict).toBe('left-before');
  const second = await PlainClient.open(cluster.urls[2], first.session);
  expect(second.id).toBe(first.id);
  await expect.poll(() => second.texts.join()).toContain('missed');
  const missed = await ask(cluster, first.id, 'missed');
  expect(missed.verdict).toBe('delivered');
  expect(missed.sentence).toContain(`on the node ${three.node}`);
  expect((await ask(cluster, first.id, 'known')).sentence).toContain(`on the node ${one.node}`);
  expect((await ask(cluster, first.id, 'not for it')).verdict).toBe('not-in-room');
});

it('says that a client went on with its session without a room that another node had it leave', async () => {
  const cluster = await startThree();
  const [one, two, three] = cluster.servers;
  const first = await PlainClient.open(cluster.urls[0]);
  one.of('/').sockets.get(first.id)?.join('room');
  two.to('room').emit('known');
  await expect.poll(() => first.texts.length).toBe(1);
  two.in('room').socketsLeave('room');
  await expect.poll(() => one.of('/').sockets.get(first.id)?.rooms.has('room')).toBe(false);
  first.socket.terminate();
  await expect.poll(() => one.of('/').sockets.size).toBe(0);
  two.to('room').emit('missed');
  const second = await PlainClient.open(cluster.urls[2], first.session);
  expect(second.id).toBe(first.id);
  await pass(50);
  two.to('room').emit('later');
  await pass(50);
  for (const event of ['missed', 'later']) {
    const { verdict, sentence } = await ask(cluster, first.id, event);
    expect(verdict).toBe('not-in-room');
    expect(sentence).toMatch(/was not in there: it had left "room" at \S+Z\.$/);
  }
  expect(three.of('/').sockets.has(first.id)).toBe(true);
});

it('says that an event is in a gap: a parser of Socket.IO does not take its attachments', async () => {
  const cluster = await startThree();
  const client = await PlainClient.open(cluster.urls[0]);
  cluster.servers[1].emit('wide', ...Array.from({ length: 11 }, (_each, index) => Buffer.of(index)));
  await expect.poll(() => client.texts.join()).toContain('naru:gap');
  const { verdict, sentence } = await ask(cluster, client.id, 'wide');
  expect(verdict).toBe('gap');
  expect(sentence).toMatch(/^"wide" is in a gap: \S+ was told at \S+Z that events are missing there\.$/);
});
