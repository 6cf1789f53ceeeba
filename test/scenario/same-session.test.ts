/** A client that names its session at two processes at the same moment, by a mistake of its own or of the network. */
import { expect, it, onTestFinished } from 'vitest';
import { RECOVERED_WAIT_MS } from '../../packages/naru/src/namespace/recovery/session-writer.js';
import { FakeClock, TestServer } from '../../packages/testing/src/entry/index.js';
import { RawClient } from '../kit/clients/raw-client.js';
import { sharedMemory } from '../kit/servers/shared-memory.js';

/** Starts three processes. With `isLate`, a swap takes a moment, as on a folder, so the others are told after 50 ms. */
function start(isLate = false) {
  const shared = new FakeClock();
  const backplane = sharedMemory(shared, isLate);
  const nodes = [1, 2, 3].map((seed) => {
    const node = new TestServer({ seed, clock: shared, server: { backplane, connectionStateRecovery: {} } });
    onTestFinished(() => node.close());
    return node;
  }) as [TestServer, TestServer, TestServer];
  return { nodes, clock: shared };
}

/** Connects, and returns the session with which the client can come back after the event "seen". */
async function visit(node: TestServer): Promise<{ client: RawClient; connect: string }> {
  const client = await RawClient.open(node);
  client.send('40');
  await node.clock.settle();
  const { pid } = JSON.parse(client.texts.at(-1)?.slice(2) ?? '');
  node.io.emit('seen');
  await node.clock.settle();
  const [, offset] = /"(\w{11})"\]$/.exec(client.texts.at(-1) ?? '') ?? [];
  return { client, connect: `40${JSON.stringify({ pid, offset })}` };
}

const eventsOf = ({ texts }: RawClient): unknown[] =>
  texts.filter((text) => text.startsWith('42')).map((text) => JSON.parse(text.slice(2))[0]);

it.each([
  ['after its connection was lost', true],
  ['while its connection seems to be there', false],
])('has its session in one of two processes, which sends it everything, %s', async (_when, isLost) => {
  const { nodes, clock: time } = start();
  const [a, b, c] = nodes;
  const { client, connect } = await visit(a);
  if (isLost) client.link?.cut();
  await time.settle();
  a.io.emit('missed');
  await time.settle();
  const both = [await RawClient.open(b), await RawClient.open(c)];
  for (const each of both) each.send(connect);
  await time.advance(1_000);
  for (const [n, { io }] of nodes.entries()) io.emit(`later ${n}`);
  await time.advance(1_000);
  const counts = nodes.map(({ io }) => io.sockets.sockets.size);
  expect([counts[0], (counts[1] ?? 0) + (counts[2] ?? 0)]).toEqual([0, 1]);
  const winner = both[counts[1] === 1 ? 0 : 1] as RawClient;
  expect(eventsOf(winner)).toEqual(['missed', 'later 0', 'later 1', 'later 2']);
  // The session is whole: its client comes back with it once more.
  winner.link?.cut();
  await time.settle();
  const again = await RawClient.open(a);
  again.send(connect);
  await time.advance(1_000);
  expect([nodes.map(({ io }) => io.sockets.sockets.size), eventsOf(again)]).toEqual([
    [1, 0, 0],
    ['missed', 'later 0', 'later 1', 'later 2'],
  ]);
});

it('is in one process after it named its session at two of them several times', async () => {
  const { nodes, clock: time } = start();
  const { connect } = await visit(nodes[0]);
  for (let times = 0; times < 5; times += 1) {
    const clients = await Promise.all(nodes.map((node) => RawClient.open(node)));
    for (const client of clients) client.send(connect);
    await time.advance(1_000);
    expect(nodes.reduce((sum, { io }) => sum + io.sockets.sockets.size, 0)).toBe(1);
  }
});

it.each([
  ['later than the last one', 0],
  ['earlier than the last one', RECOVERED_WAIT_MS],
])('is where its client came last, although its former process tells the others of it %s', async (_when, waitMs) => {
  const { nodes, clock: time } = start(true);
  const [a, b, c] = nodes;
  c.io.on('connection', (socket) => socket.on('enter', (room: string) => socket.join(room)));
  const { client, connect } = await visit(a);
  client.link?.cut();
  await time.settle();
  // Its connection to the second process is dead, and that process does not know it.
  const silent = await RawClient.open(b);
  silent.send(connect);
  await time.settle();
  await time.advance(RECOVERED_WAIT_MS / 2);
  const last = await RawClient.open(c);
  last.send(connect);
  await time.advance(waitMs);
  last.send('42["enter","red"]');
  await time.advance(1_000);
  expect(nodes.map(({ io }) => io.sockets.sockets.size)).toEqual([0, 0, 1]);
  a.io.to('red').emit('in the room');
  await time.advance(1_000);
  last.link?.cut();
  await time.settle();
  const again = await RawClient.open(a);
  again.send(connect);
  await time.advance(1_000);
  expect([eventsOf(last), eventsOf(again)]).toEqual([['in the room'], ['in the room']]);
});

it('is whole when its client comes back to a process that still counts as having it', async () => {
  const { nodes, clock: time } = start(true);
  const [a, b] = nodes;
  b.io.on('connection', (socket) => socket.on('enter', (room: string) => socket.join(room)));
  // This connection is dead, and nobody knows it.
  const { connect } = await visit(a);
  const moved = await RawClient.open(b);
  moved.send(connect);
  await time.settle();
  moved.send('42["enter","red"]');
  const again = await RawClient.open(a);
  again.send(connect);
  await time.settle();
  b.io.to('red').emit('in the room');
  await time.advance(1_000);
  expect([nodes.map(({ io }) => io.sockets.sockets.size), eventsOf(again)]).toEqual([[1, 0, 0], ['in the room']]);
});
