import { expect, it } from 'vitest';
import { build, turns } from '../sharing.js';

/** A home that answers questions for its end when the test says so, with the end at that time. */
function slowlyAsked() {
  const world = build(1, true);
  const [one] = world.processes;
  if (!one) throw new TypeError('one process');
  const { extent } = world.log;
  const answers: (() => void)[] = [];
  world.log.extent = (...args) =>
    new Promise((resolve) => {
      answers.push(() => resolve(extent(...args)));
    }) as never;
  return { ...world, one, answers };
}

it('is answered with a place before the events that were emitted after it', async () => {
  const { one, answers, clock, errors } = slowlyAsked();
  await turns();
  one.emit('before');
  one.delivery.reachEnd();
  const late = { ...one.listener, got: [] as string[], sendLogged: one.listener.sendLogged, id: 'late' };
  one.log.fences.run(() => one.rooms.add(late as never));
  one.emit('after');
  await clock.settle();
  await turns();
  // The home has the second event by now.
  for (const answer of answers) answer();
  await turns();
  await clock.settle();
  expect([one.listener.got, late.got, errors]).toEqual([['before', 'after'], ['after'], []]);
});

it('is a flight without events, which ends where the log does', async () => {
  const { one, answers, clock } = slowlyAsked();
  await turns();
  one.emit('before');
  await clock.settle();
  await turns();
  one.delivery.reachEnd();
  const question = one.log.fences.oldest;
  expect([question?.events, question?.answer]).toEqual([[], undefined]);
  await clock.settle();
  for (const answer of answers) answer();
  expect(await question?.appended).toEqual({ previous: one.log.offset, offsets: [] });
});

it('is asked once, at the end of the turn, so that it counts what others have appended until then', async () => {
  const { one, answers, clock } = slowlyAsked();
  await turns();
  one.delivery.reachEnd();
  // The turn is long. Clients that ask later in it have seen events that the log did not have when it began.
  one.delivery.reachEnd();
  expect(answers).toHaveLength(0);
  await clock.settle();
  expect(answers).toHaveLength(1);
  one.delivery.reachEnd();
  await clock.settle();
  expect(answers).toHaveLength(2);
});

it('is over within the call if the log answers within it', () => {
  const { processes } = build(2);
  const [one, two] = processes;
  one?.emit('other');
  one?.outbox.settle();
  two?.delivery.reachEnd();
  expect([two?.log.offset, two?.log.fences.isClosed, two?.listener.got]).toEqual([one?.log.offset, false, ['other']]);
});
