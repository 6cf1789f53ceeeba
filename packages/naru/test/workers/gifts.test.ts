import { expect, it } from 'vitest';
import { type FakeChild, makeConnection, startPrimary } from './fake-workers.js';

/** Returns the workers of a primary, each of which listens on the port "a". */
async function startSharing(count: number) {
  const { children, childAt, clock } = await startPrimary(count);
  const sockets = children.map(() => makeConnection());
  for (const [at, child] of children.entries()) child.tell('message', { naru: 'share-port', port: 'a' }, sockets[at]);
  return { childAt, clock, sockets };
}

/** A worker gives a new connection away. Returns the connection. */
function give(giver: FakeChild, port = 'a') {
  const connection = makeConnection();
  giver.tell('message', { naru: 'give', port }, connection);
  return connection;
}

/** The messages of a kind that a worker has. */
const messagesOf = ({ sent }: FakeChild, kind: string): unknown[] => sent.filter(({ naru }) => naru === kind);

it('gives a worker copies of its port, and closes the socket once they are on their way', async () => {
  const { childAt, sockets } = await startSharing(2);
  expect(messagesOf(childAt(0), 'copy')).toEqual(Array(7).fill({ naru: 'copy', port: 'a' }));
  expect(sockets[0]?.isClosed).toBe(false);
  childAt(0).connections.at(-1)?.sent?.(null);
  expect(sockets[0]?.isClosed).toBe(true);
  childAt(1).tell('exit', 0, null);
  expect(sockets[1]?.isClosed).toBe(true);
});

it('gives new connections to the workers in turn, and tells the giver when one has arrived', async () => {
  const { childAt } = await startSharing(3);
  for (let n = 0; n < 6; n += 1) {
    const connection = give(childAt(0));
    expect([connection.isClosed, messagesOf(childAt(0), 'given').length]).toEqual([false, n]);
    expect(childAt(n % 3).sent.at(-1)).toEqual({ naru: 'accept', port: 'a', gift: n + 1 });
    childAt(n % 3).tell('message', { naru: 'took', gift: n + 1 });
    expect([connection.isClosed, messagesOf(childAt(0), 'given').length]).toEqual([true, n + 1]);
  }
});

it('gives a connection to another worker when the first one ends, and closes it when none is left', async () => {
  const { childAt } = await startSharing(3);
  const connection = give(childAt(2));
  const giftOf = (at: number): unknown => childAt(at).connections.at(-1)?.connection;
  for (const at of [0, 1, 2]) {
    expect([giftOf(at) === connection, connection.isClosed]).toEqual([true, false]);
    childAt(at).tell('exit', null, 'SIGKILL');
  }
  expect(connection.isClosed).toBe(true);
});

it('gives a connection only to workers that listen on its port', async () => {
  const { childAt } = await startSharing(2);
  childAt(1).tell('message', { naru: 'share-port', port: 'b' }, makeConnection());
  for (let n = 0; n < 2; n += 1) give(childAt(1), 'b');
  expect([0, 1].map((at) => messagesOf(childAt(at), 'accept').length)).toEqual([0, 2]);
  childAt(1).tell('message', { naru: 'leave-port', port: 'a' });
  for (let n = 0; n < 3; n += 1) give(childAt(1));
  expect([0, 1].map((at) => messagesOf(childAt(at), 'accept').length)).toEqual([3, 2]);
  childAt(1).tell('message', { naru: 'leave-port', port: 'b' });
  expect(give(childAt(1), 'b').isClosed).toBe(true);
});

it('gives a worker that stands still one connection in ten seconds, and closes it then', async () => {
  const { childAt, clock } = await startSharing(3);
  const connections: ReturnType<typeof give>[] = [];
  const giveTo = async (ms: number): Promise<void> => {
    for (let n = 0; n < 6; n += 1) {
      connections.push(give(childAt(0)));
      // The second worker stands still.
      for (const at of [0, 2])
        for (const { gift } of messagesOf(childAt(at), 'accept') as { gift: number }[])
          childAt(at).tell('message', { naru: 'took', gift });
    }
    await clock.advance(ms);
  };
  await giveTo(9_999);
  await giveTo(1);
  expect(messagesOf(childAt(1), 'accept')).toHaveLength(1);
  const [{ gift }] = messagesOf(childAt(1), 'accept') as [{ gift: number }];
  expect(connections[gift - 1]?.isClosed).toBe(false);
  await giveTo(0);
  expect([messagesOf(childAt(1), 'accept').length, connections[gift - 1]?.isClosed]).toEqual([2, true]);
});
