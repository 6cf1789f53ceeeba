/**
 * `explain` on three nodes about events of different senders. One is a client that a limit stops, or that sends twice.
 * Others are an emitter, and servers that send to one socket or to a client that reads slowly.
 */
import { expect, it, onTestFinished } from 'vitest';
import { protect } from '../../packages/guard/src/entry/index.js';
import { local } from '../../packages/local/src/entry/index.js';
import { Emitter } from '../../packages/naru/src/entry/emitter.js';
import { ask, enter, PlainClient, pass, startThree } from './explain/three-nodes.js';

const KEY = 'a-secret-key-of-32-characters-xx';

it('says that a limit refused an event of the client, until one of its name was sent', async () => {
  const cluster = await startThree();
  const [one, two] = cluster.servers;
  protect(one, {
    tokens: () => {
      throw new Error('no token');
    },
    anonymous: true,
    limits: { byEvent: { order: { perSecond: 0.001, burst: 1 } } },
  });
  const heard: unknown[] = [];
  one.on('connection', (socket) => socket.on('order', (what) => heard.push(what)));
  const [client, other] = [await enter(cluster.urls[0]), await enter(cluster.urls[1])];
  client.emit('order', 'tea');
  await expect.poll(() => heard).toEqual(['tea']);
  expect((await ask(cluster, client.id, 'order')).verdict).toBe('unknown-event');
  const since = Date.now();
  client.emit('order', 'a secret text');
  await expect.poll(async () => (await ask(cluster, client.id, 'order')).verdict).toBe('limited');
  const why = await ask(cluster, client.id, 'order');
  expect(why.sentence).toMatch(
    /^"order" of \S+ at \S+Z was over a limit, so it was refused with \d+ ms to wait, on the node \S+\.$/,
  );
  expect(why.sentence).toContain(`on the node ${one.node}`);
  expect(why.event).toBeUndefined();
  expect(why.evidence.at(-1)).toMatch(/ limited event="order" outcome=refuse retryAfterMs=\d+ .*node=/);
  expect(JSON.stringify(why)).not.toContain('secret text');
  expect((await ask(cluster, client.id, since)).verdict).toBe('limited');
  // Nobody knows of it for another client.
  expect((await ask(cluster, other.id, 'order')).verdict).toBe('unknown-event');
  await pass(5);
  two.emit('order', 'news');
  await pass(20);
  expect((await ask(cluster, client.id, 'order')).verdict).toBe('delivered');
  expect((await ask(cluster, client.id, since)).verdict).toBe('limited');
});

it('says that an event was a duplicate, of one that its own node or another one had carried out', async () => {
  const cluster = await startThree();
  const [one, , three] = cluster.servers;
  const heard: unknown[] = [];
  for (const server of [one, three])
    server.on('connection', (socket) =>
      socket.on('order', (what, answer) => {
        heard.push(what);
        answer('done');
      }),
    );
  const [client, far] = [await enter(cluster.urls[0]), await enter(cluster.urls[2])];
  const send = (from: typeof client): Promise<unknown> => from.emitWithAck('naru:once', KEY, 'order', 'tea');
  expect(await send(client)).toBe('done');
  expect((await ask(cluster, client.id, 'order')).verdict).toBe('unknown-event');
  expect([await send(client), await send(far), heard]).toEqual(['done', 'done', ['tea']]);
  const [here, there] = [await ask(cluster, client.id, 'order'), await ask(cluster, far.id, 'order')];
  expect([here.verdict, there.verdict]).toEqual(['duplicate', 'duplicate']);
  expect(here.sentence).toMatch(
    /^"order" of \S+ at \S+Z was a duplicate: an event with the same key came before it and was carried out at \S+Z, so/,
  );
  expect(here.sentence).toContain(`on the node ${one.node}`);
  expect(there.sentence).toContain(
    'was carried out by another node or before a restart (nobody has noted when), so no',
  );
  expect(there.sentence).toContain(`on the node ${three.node}`);
  expect(here.evidence.join('\n')).toMatch(/duplicate event="order" firstAt=\S+Z isOpen=false/);
  expect(there.evidence.join('\n')).toMatch(/duplicate event="order" isOpen=false first=elsewhere/);
  expect(JSON.stringify([here, there])).not.toContain(KEY);
});

it('knows events of an emitter, and those to the own room of a socket', async () => {
  const cluster = await startThree();
  const client = await enter(cluster.urls[0], 'room');
  const outsider = await enter(cluster.urls[1]);
  const backplane = local(cluster.folder);
  onTestFinished(() => backplane.close());
  const emitter = new Emitter(backplane);
  onTestFinished(() => emitter.close());
  const heard = new Promise((resolve) => client.once('said', resolve));
  await emitter.to('room').emit('said');
  await heard;
  const said = await ask(cluster, client.id, 'said');
  expect(said.verdict).toBe('delivered');
  expect(said.sentence).toContain(`on the node ${cluster.servers[0].node}`);
  expect((await ask(cluster, outsider.id, 'said')).sentence).toContain('it never joined');
  const told = new Promise((resolve) => client.once('direct', resolve));
  cluster.servers[2].to(client.id).emit('direct');
  await told;
  expect((await ask(cluster, client.id, 'direct')).verdict).toBe('delivered');
  expect((await ask(cluster, outsider.id, 'direct')).verdict).toBe('not-in-room');
});

it('says what a policy dropped and how much, and of a volatile event that nothing tells of it', async () => {
  const cluster = await startThree();
  const [server] = cluster.servers;
  server.of('/').slow({ policy: 'drop-oldest', bytesMax: 50_000 });
  const slow = await PlainClient.open(cluster.urls[0]);
  slow.socket.pause();
  const bulk = (count: number): void => {
    for (let at = 0; at < count; at += 1) server.emit('bulk', 'x'.repeat(100_000));
  };
  bulk(150);
  await pass(50);
  server.emit('dropped');
  bulk(3);
  server.volatile.emit('moved');
  await expect.poll(async () => (await ask(cluster, slow.id, 'dropped')).verdict).toBe('dropped');
  const { sentence } = await ask(cluster, slow.id, 'dropped');
  expect(sentence).toMatch(/by the policy "drop-oldest", with [1-9]\d* other events of this client\.$/);
  expect(sentence).toContain(`on the node ${server.node}`);
  expect((await ask(cluster, slow.id, 'moved')).verdict).toBe('volatile');
});
