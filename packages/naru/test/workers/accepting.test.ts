import { expect, it } from 'vitest';
import { FakeClock } from '../../../testing/src/fake-clock.js';
import type { onSharedPort, SharedPort } from '../../src/node-internals/shared-port.js';
import { Accepting } from '../../src/workers/accepting.js';
import type { WorkerMessage } from '../../src/workers/messages.js';
import { makeConnection } from './fake-workers.js';

type Watch = Parameters<typeof onSharedPort>;

/** Returns a worker that shares a port, and what it has sent and taken. */
function share() {
  const clock = new FakeClock();
  const sent: WorkerMessage[] = [];
  const ends: ((error: Error | null) => void)[] = [];
  const taken: unknown[] = [];
  const copies: unknown[] = [];
  let pass: Watch[2] = () => false;
  const port = {
    name: 'a',
    socket: makeConnection(),
    take: (connection: unknown) => taken.push(connection),
    add: (copy: unknown) => copies.push(copy),
  } as unknown as SharedPort;
  const send = (message: WorkerMessage, _connection?: unknown, end?: (error: Error | null) => void): void => {
    sent.push(message);
    if (end) ends.push(end);
  };
  const accepting = new Accepting({ send }, clock, (_cluster, onPort, given) => {
    pass = given;
    onPort(port);
  });
  /** A connection comes. Returns whether it is given away. */
  const come = (connection = makeConnection()): boolean => pass(connection, port);
  return { clock, sent, ends, taken, copies, port, accepting, come };
}

it('asks for copies of a port, and takes connections from them', () => {
  const { sent, copies, accepting } = share();
  expect(sent).toEqual([{ naru: 'share-port', port: 'a' }]);
  const [copy, other] = [makeConnection(), makeConnection()];
  accepting.onMessage({ naru: 'copy', port: 'a' }, copy);
  accepting.onMessage({ naru: 'copy', port: 'b' }, other);
  expect([copies, copy.isClosed, other.isClosed]).toEqual([[copy], false, true]);
});

it('gives each connection away, and keeps those that come until it has arrived', () => {
  const { sent, ends, accepting, come } = share();
  const [given, kept, next] = [makeConnection(), makeConnection(), makeConnection()];
  expect([come(given), come(kept)]).toEqual([true, false]);
  expect(sent.slice(1)).toEqual([{ naru: 'give', port: 'a' }]);
  ends[0]?.(null);
  expect([given.isClosed, kept.isClosed, come()]).toEqual([true, false, false]);
  accepting.onMessage({ naru: 'given' }, undefined);
  expect(come(next)).toBe(true);
});

it('keeps all for a second when a connection took long to arrive', async () => {
  const { clock, accepting, come } = share();
  for (const [ms, isGivenNext] of [
    [20, true],
    [21, false],
  ] as const) {
    expect(come()).toBe(true);
    await clock.advance(ms);
    accepting.onMessage({ naru: 'given' }, undefined);
    expect(come()).toBe(isGivenNext);
    if (isGivenNext) accepting.onMessage({ naru: 'given' }, undefined);
  }
  await clock.advance(999);
  expect(come()).toBe(false);
  await clock.advance(1);
  expect(come()).toBe(true);
});

it('keeps a connection that cannot be given away', () => {
  const { ends, taken, come } = share();
  const connection = makeConnection();
  expect(come(connection)).toBe(true);
  ends[0]?.(new Error('closed'));
  expect([taken, connection.isClosed]).toEqual([[connection], false]);
});

it('takes a connection of another worker, and says so', () => {
  const { sent, taken, accepting } = share();
  const [connection, lost] = [makeConnection(), makeConnection()];
  accepting.onMessage({ naru: 'accept', port: 'a', giver: 'worker 1' }, connection);
  accepting.onMessage({ naru: 'accept', port: 'b', giver: 'worker 2' }, lost);
  expect([taken, lost.isClosed]).toEqual([[connection], true]);
  expect(sent.slice(1)).toEqual([
    { naru: 'took', giver: 'worker 1' },
    { naru: 'took', giver: 'worker 2' },
  ]);
});
