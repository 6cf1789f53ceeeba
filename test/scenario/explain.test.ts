/**
 * `explain` on three nodes with real clients: it says why an event did not arrive, whichever node is asked. The
 * nodes share a log in a folder.
 */
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { explain } from '../../packages/explain/src/entry/index.js';
import { io as connect } from '../../packages/naru/src/client/index.js';
import { Server } from '../../packages/naru/src/server/api/server.js';
import { ask, enter, pass, startThree } from './explain/three-nodes.js';

it('says when an event was delivered, and that the client answered after that', async () => {
  const cluster = await startThree({ pingInterval: 100 });
  const client = await enter(cluster.urls[0], 'room');
  const heard = new Promise((resolve) => client.once('said', resolve));
  cluster.servers[1].to('room').emit('said', 'secret text');
  await heard;
  await pass(250);
  const { verdict, sentence, evidence, event } = await ask(cluster, client.id, 'said');
  expect(verdict).toBe('delivered');
  expect(sentence).toMatch(
    /^"said" was delivered to \S+ on the node \S+ at \S+Z, and its client answered a ping after that, at \S+Z\.$/,
  );
  expect(sentence).toContain(`on the node ${cluster.servers[0].node} at`);
  expect(evidence.join('\n')).toMatch(
    /joined .*\n.*room room="room" isIn=true.*\n.*sent "said" offset=\S+ rooms="room"/,
  );
  expect(JSON.stringify([sentence, evidence, event])).not.toContain('secret text');
  for (const same of [event?.offset, event?.at, new Date(event?.at ?? 0), new Date(event?.at ?? 0).toISOString()])
    expect((await ask(cluster, client.id, same ?? '')).event).toEqual(event);
});

it('says why a client was not in the room', async () => {
  const cluster = await startThree();
  const [never, left, later] = [
    await enter(cluster.urls[0]),
    await enter(cluster.urls[1], 'room'),
    await enter(cluster.urls[2]),
  ];
  const refused = await enter(cluster.urls[0]);
  await refused.subscribe('secret').catch(() => undefined);
  await left.unsubscribe('room');
  cluster.servers[0].to('room').emit('said');
  cluster.servers[0].to('secret').emit('hidden');
  await pass(50);
  await later.subscribe('room');
  const answers = await Promise.all([never, left, later].map(({ id }) => ask(cluster, id, 'said')));
  expect(answers.map(({ verdict }) => verdict)).toEqual(['not-in-room', 'not-in-room', 'not-in-room']);
  expect(answers.map(({ sentence }) => sentence)).toEqual([
    expect.stringMatching(/was not in there: it never joined\.$/),
    expect.stringMatching(/was not in there: it had left "room" at \S+Z\.$/),
    expect.stringMatching(/was not in there: it joined "room" at \S+Z\.$/),
  ]);
  const why = await ask(cluster, refused.id, 'hidden');
  expect(why).toMatchObject({
    verdict: 'not-in-room',
    sentence: expect.stringMatching(/refused at \S+Z, because clients may not join "secret"/),
  });
});

it('says that an event was for others: excepted, local, in another namespace, before or after the client', async () => {
  const cluster = await startThree();
  const client = await enter(cluster.urls[0], 'room', 'muted');
  cluster.servers[0].to('room').except('muted').emit('excepted');
  cluster.servers[1].local.emit('nearby');
  cluster.servers[0].of('/other').emit('elsewhere');
  await pass(20);
  const newcomer = await enter(cluster.urls[2]);
  const { id } = client;
  await pass(20);
  client.disconnect();
  await pass(50);
  cluster.servers[0].emit('too late');
  await pass(20);
  expect((await ask(cluster, id, 'excepted')).sentence).toContain('the sender excepted "muted"');
  const nearby = await ask(cluster, id, 'nearby');
  const [one, two, three] = cluster.servers.map(({ node }) => `on the node ${node}`);
  expect([nearby.verdict, nearby.sentence]).toEqual(['local', expect.stringContaining(`"local" ${two}, and`)]);
  expect(nearby.sentence).toContain(`was ${one}.`);
  expect((await ask(cluster, id, 'elsewhere')).verdict).toBe('other-namespace');
  const later = await ask(cluster, newcomer.id, 'excepted');
  expect([later.verdict, later.sentence]).toEqual(['joined-later', expect.stringContaining(`joined / ${three} at`)]);
  expect((await ask(cluster, id, 'too late')).sentence).toMatch(
    /had left \/ on the node \S+ at \S+Z, before "too late" was sent: client namespace disconnect\.$/,
  );
});

it('says what it does not know', async () => {
  const cluster = await startThree();
  const client = await enter(cluster.urls[0]);
  cluster.servers[0].emit('said');
  await pass(20);
  expect((await ask(cluster, client.id, 'unheard')).verdict).toBe('unknown-event');
  expect((await ask(cluster, 'nobody', 'said')).verdict).toBe('unknown-client');
});

it('says that a volatile event may have been lost, and finds events that no log keeps', async () => {
  const cluster = await startThree();
  const client = await enter(cluster.urls[0], 'room');
  cluster.servers[0].to('room').volatile.emit('moved', 1);
  await pass(20);
  expect((await ask(cluster, client.id, 'moved')).verdict).toBe('volatile');
});

it('follows a client that came back on another node', async () => {
  const cluster = await startThree();
  const client = await enter(cluster.urls[0], 'room');
  cluster.servers[0].to('room').emit('first');
  await pass(20);
  const { id } = client;
  const session = client as object as { _pid?: string };
  client.io.engine.close();
  await pass(30);
  cluster.servers[1].to('room').emit('missed');
  cluster.servers[1].to('elsewhere').emit('not for it');
  await pass(20);
  client.io.engine.close();
  void session;
  const back = connect(cluster.urls[2], { transports: ['websocket'], forceNew: true, reconnection: false });
  onTestFinished(() => void back.disconnect());
  expect((await ask(cluster, id, 'missed')).verdict).toBe('left-before');
});

it('says that a client is late, and what a policy dropped', async () => {
  const cluster = await startThree({ lateBytesMax: 10_000 });
  const [server] = cluster.servers;
  const socket = new WebSocket(`${cluster.urls[0].replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
  onTestFinished(() => socket.terminate());
  await new Promise((resolve) => socket.once('open', resolve));
  socket.send('40');
  await pass(100);
  const [id = ''] = server.of('/').sockets.keys();
  socket.pause();
  for (let at = 0; at < 150; at += 1) server.emit('bulk', 'x'.repeat(100_000));
  await pass(300);
  server.emit('last');
  await pass(50);
  expect((await ask(cluster, id, 'last')).sentence).toMatch(/^"last" is still to come: \S+ is late on the node/);
  socket.terminate();
  await expect.poll(() => server.of('/').sockets.size).toBe(0);
  expect((await ask(cluster, id, 'last')).sentence).toMatch(
    /^"last" did not reach \S+ on the node \S+: it was late, and left at \S+Z before it had read up to it, because of transport (?:close|error)\.$/,
  );
});

it('explains events of a single server without a log', async () => {
  const server = new Server(0, { slowReaders: { policy: 'drop-oldest', bytesMax: 50_000 } });
  onTestFinished(() => server.close());
  server.allow({ subscribe: true });
  const url = `http://127.0.0.1:${(server.httpServer.address() as AddressInfo).port}`;
  const client = await enter(url, 'room');
  const outsider = await enter(url);
  server.to('room').emit('said');
  const { sentence } = await explain(server, { client: client.id, event: 'said' });
  expect(sentence).toMatch(/^"said" was delivered to \S+ at \S+Z, and nothing has confirmed that yet\.$/);
  expect((await explain(server, { client: outsider.id, event: 'said' })).verdict).toBe('not-in-room');
  for (const [, socket] of server.of('/').sockets) socket.emit('direct');
  expect((await explain(server, { client: client.id, event: 'direct' })).verdict).not.toBe('unknown-event');
  const slow = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
  onTestFinished(() => slow.terminate());
  await new Promise((resolve) => slow.once('open', resolve));
  slow.send('40');
  await pass(100);
  const id = [...server.of('/').sockets.keys()].at(-1) ?? '';
  slow.pause();
  server.emit('early');
  for (let at = 0; at < 200; at += 1) server.emit('bulk', 'x'.repeat(100_000));
  await pass(50);
  const { verdict } = await explain(server, { client: id, event: 'bulk' });
  expect(['dropped', 'delivered']).toContain(verdict);
});

it('refuses queries that cannot be, and says that it remembers nothing', async () => {
  const server = new Server(0);
  onTestFinished(() => server.close());
  for (const [query, part] of [
    [{ client: '', event: 'said' }, 'The client must be the id of a socket'],
    [{ client: 'a', event: '' }, 'The event must be an offset, a name or a time'],
    [{ client: 'a', event: Number.NaN }, 'The event must be an offset, a name or a time'],
    [{ client: 'a', event: new Date('x') }, 'The event must be an offset, a name or a time'],
  ] as const)
    await expect(explain(server, query)).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
      message: expect.stringContaining(part),
    });
  const silent = new Server(0, { explain: false });
  onTestFinished(() => silent.close());
  await expect(explain(silent, { client: 'a', event: 'said' })).rejects.toMatchObject({ code: 'WRONG_STATE' });
});
