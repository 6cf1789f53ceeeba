import { expect, it } from 'vitest';
import { FakeClock } from '../../../testing/src/fake-clock.js';
import type { SharedPort } from '../../src/node-internals/shared-port.js';
import { Accepting } from '../../src/workers/accepting.js';
import type { WorkerMessage } from '../../src/workers/messages.js';
import { makeConnection } from './fake-workers.js';

/** Returns a worker with a port, and what it has sent and taken. */
function open(isAlone = false) {
  const clock = new FakeClock();
  const sent: WorkerMessage[] = [];
  const ends: ((error: Error | null) => void)[] = [];
  const taken: unknown[] = [];
  const copies: unknown[] = [];
  const port = {
    name: 'a',
    socket: makeConnection(),
    isOpen: true,
    take: (connection: unknown) => taken.push(connection),
    add: (copy: unknown) => copies.push(copy),
  };
  const send = (message: WorkerMessage, _connection?: unknown, end?: (error: Error | null) => void): void => {
    sent.push(message);
    if (end) ends.push(end);
  };
  const accepting = new Accepting({ send }, clock, isAlone);
  accepting.onOpen(port);
  const close = (): void => {
    port.isOpen = false;
    accepting.onClosed(port as SharedPort);
  };
  /** A connection comes. Returns whether it is given away. */
  const come = (connection = makeConnection()): boolean => accepting.pass(connection, port as SharedPort);
  return { clock, sent, ends, taken, copies, accepting, close, come };
}

/** Returns a worker whose port the primary knows. */
async function share(isAlone = false) {
  const worker = open(isAlone);
  await worker.clock.advance(100);
  return worker;
}

it('shares a port that is still open after a moment, and takes connections from its copies', async () => {
  const { clock, sent, copies, accepting, come } = open();
  await clock.advance(99);
  expect([sent, come()]).toEqual([[], false]);
  await clock.advance(1);
  expect(sent).toEqual([{ naru: 'share-port', port: 'a' }]);
  const [copy, other] = [makeConnection(), makeConnection()];
  accepting.onMessage({ naru: 'copy', port: 'a' }, copy);
  accepting.onMessage({ naru: 'copy', port: 'b' }, other);
  expect([copies, copy.isClosed, other.isClosed]).toEqual([[copy], false, true]);
});

it('says nothing of a port that was closed soon, and leaves one that it has shared', async () => {
  const [early, late] = [open(), await share()];
  early.close();
  await early.clock.advance(1_000);
  late.close();
  expect([early.sent, late.sent.slice(1)]).toEqual([[], [{ naru: 'leave-port', port: 'a' }]]);
});

it('gives each connection away, and keeps those that come until it has arrived', async () => {
  const { sent, ends, accepting, come } = await share();
  const [given, kept, next] = [makeConnection(), makeConnection(), makeConnection()];
  expect([come(given), come(kept)]).toEqual([true, false]);
  expect(sent.slice(1)).toEqual([{ naru: 'give', port: 'a' }]);
  ends[0]?.(null);
  expect([given.isClosed, kept.isClosed, come()]).toEqual([true, false, false]);
  accepting.onMessage({ naru: 'given' }, undefined);
  expect(come(next)).toBe(true);
});

it('keeps all for a second when a connection took long to arrive', async () => {
  const { clock, accepting, come } = await share();
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

it('waits ten seconds for a connection that was lost on its way', async () => {
  const { clock, come } = await share();
  expect(come()).toBe(true);
  await clock.advance(9_999);
  expect(come()).toBe(false);
  await clock.advance(1);
  expect(come()).toBe(true);
});

it('keeps a connection that cannot be given away, and all when it is alone', async () => {
  const { ends, taken, come } = await share();
  const connection = makeConnection();
  expect(come(connection)).toBe(true);
  ends[0]?.(new Error('closed'));
  expect([taken, connection.isClosed]).toEqual([[connection], false]);
  expect((await share(true)).come()).toBe(false);
});

it('takes a connection of another worker, and gives it back when it has left the port', async () => {
  const { sent, ends, taken, accepting, close } = await share();
  const [connection, late] = [makeConnection(), makeConnection()];
  accepting.onMessage({ naru: 'accept', port: 'a', gift: 7 }, connection);
  close();
  accepting.onMessage({ naru: 'accept', port: 'a', gift: 8 }, late);
  expect(sent.slice(1)).toEqual([
    { naru: 'took', gift: 7 },
    { naru: 'leave-port', port: 'a' },
    { naru: 'took', gift: 8 },
    { naru: 'give', port: 'a' },
  ]);
  ends[0]?.(null);
  expect([taken, late.isClosed]).toEqual([[connection], true]);
});
