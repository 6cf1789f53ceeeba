import { expect, it, vi } from 'vitest';
import * as machine from '../../../../src/base/steps/machine.js';
import { ORDER, type OrderState } from '../../../../src/namespace/log/order/order-table.js';
import { build, turns } from '../sharing.js';

/** Each transition of the table, as `state: event`. */
const TRANSITIONS = (Object.keys(ORDER) as OrderState[]).flatMap((state) =>
  Object.keys(ORDER[state]).map((event) => `${state}: ${event}`),
);

/** Notes each transition that happens from here on. */
function noteTransitions(): Set<string> {
  const walked = new Set<string>();
  const { transitionOf } = machine;
  vi.spyOn(machine, 'transitionOf').mockImplementation((table, state, event) => {
    walked.add(`${state}: ${event}`);
    return transitionOf(table, state, event);
  });
  return walked;
}

/**
 * A log that answers within the call: a process delivers its own events at once, first with a socket and then without
 * one.
 */
async function deliverAtOnce(): Promise<void> {
  const { processes, clock, errors } = build(1);
  const [one] = processes;
  one?.emit('level');
  await clock.settle();
  one?.rooms.remove(one.listener);
  one?.log.endHearing();
  one?.emit('not heard');
  one?.outbox.settle();
  one?.emit('not heard either');
  await clock.settle();
  expect([one?.listener.got, errors]).toEqual([['level'], []]);
}

/**
 * A log that answers later: another process appends before an own event, is told of, and asks for the end while a
 * record is delivered.
 */
async function deliverLater(): Promise<void> {
  const { create, clock, log, followers, errors } = build(0, true);
  const [one, two] = [create(), create()];
  const [, follower] = [...followers];
  // The home has not said yet where the log ends.
  follower?.onMore();
  await turns();
  const { newest } = await log.extent('/');
  // Nothing tells the second process of this event, so it reads up to its own.
  one.emit('read');
  one.outbox.settle();
  await turns();
  two.listener.onEvent = () => follower?.onMore();
  two.emit('own');
  two.outbox.settle();
  // The flight has no answer yet.
  follower?.onMore();
  await turns();
  one.emit('told');
  await clock.settle();
  await turns();
  const { records } = await log.read('/', newest, 10);
  const [, own, told] = records;
  if (!own || !told) throw new TypeError('three records');
  follower?.onBatch({ previous: own.offset, records: [told] });
  // The page is on its way.
  follower?.onMore();
  follower?.onMore();
  await turns();
  expect([two.listener.got, errors]).toEqual([['read', 'own', 'told'], []]);
}

it('walks each transition of the order of a namespace', async () => {
  const walked = noteTransitions();
  await deliverAtOnce();
  await deliverLater();
  expect([...walked].sort()).toEqual([...TRANSITIONS].sort());
});
