import { expect, it } from 'vitest';
import { type FakeChild, makeConnection, startPrimary } from './fake-workers.js';

/** A worker gives a new connection away. Returns the connection. */
function give(giver: FakeChild) {
  const connection = makeConnection();
  giver.tell('message', { naru: 'give', port: 'a' }, connection);
  return connection;
}

/** The messages of a kind that a worker has. */
const messagesOf = ({ sent }: FakeChild, kind: string): unknown[] => sent.filter(({ naru }) => naru === kind);

it('gives a worker copies of its port, and closes the socket once they are on their way', async () => {
  const { childAt } = await startPrimary(2);
  const socket = makeConnection();
  childAt(0).tell('message', { naru: 'share-port', port: 'a' }, socket);
  const { connections, sent } = childAt(0);
  expect(sent).toEqual(Array(7).fill({ naru: 'copy', port: 'a' }));
  expect(socket.isClosed).toBe(false);
  connections.at(-1)?.sent?.(null);
  expect(socket.isClosed).toBe(true);
});

it('closes the handle of a port when its worker ends before that', async () => {
  const { childAt } = await startPrimary(2);
  const socket = makeConnection();
  childAt(0).tell('message', { naru: 'share-port', port: 'a' }, socket);
  childAt(0).tell('exit', 0, null);
  expect(socket.isClosed).toBe(true);
});

it('gives new connections to the workers in turn, and tells the giver when one has arrived', async () => {
  const { childAt } = await startPrimary(3);
  const connections = Array.from({ length: 6 }, () => give(childAt(0)));
  expect([0, 1, 2].map((at) => messagesOf(childAt(at), 'accept').length)).toEqual([2, 2, 2]);
  expect(childAt(1).sent).toEqual(Array(2).fill({ naru: 'accept', port: 'a', giver: 'worker 1 (process 1)' }));
  expect(messagesOf(childAt(0), 'given')).toEqual([]);
  childAt(1).tell('message', { naru: 'took', giver: 'worker 1 (process 1)' });
  expect(messagesOf(childAt(0), 'given')).toHaveLength(1);
  expect(connections.filter(({ isClosed }) => isClosed)).toHaveLength(1);
});

it('gives a connection to another worker when the first one ends, and closes it when the giver has ended', async () => {
  const { childAt } = await startPrimary(3);
  const connection = give(childAt(0));
  const giftOf = (at: number): unknown => childAt(at).connections.at(-1)?.connection;
  expect(giftOf(1)).toBe(connection);
  childAt(1).tell('exit', null, 'SIGKILL');
  expect([giftOf(0) === connection, connection.isClosed]).toEqual([true, false]);
  childAt(0).tell('exit', null, 'SIGKILL');
  expect(connection.isClosed).toBe(true);
});

it('gives nothing to a worker that takes no new clients any more', async () => {
  const { primary, childAt, clock } = await startPrimary(2);
  void primary.reload();
  childAt(2).ready();
  await clock.settle();
  childAt(3).ready();
  await clock.settle();
  for (let n = 0; n < 4; n += 1) give(childAt(2));
  expect([0, 1, 2, 3].map((at) => messagesOf(childAt(at), 'accept').length)).toEqual([0, 0, 2, 2]);
});
