/** Judges whether a client has shown that it got an event. */
import { expect, it } from 'vitest';
import { judge } from '../src/judge.js';
import { CLIENT, cameBack, entered, joined, left, logged, type Note, node, sent, timeOf, unlogged } from './notes.js';

const inRoom = [joined(1), entered(1)];

/** Returns when the client confirmed an event that no log keeps, after these later facts. */
function confirmedAfter(...later: readonly Note[]): number | undefined {
  const home = node('home', [joined(), entered(), sent(), ...later], { rooms: ['room'], heardAt: timeOf(9) });
  return judge(CLIENT, unlogged(home), [home]).confirmedAt;
}

it('takes no answer for one to an event that no log keeps, once the client has left or come back', () => {
  expect(confirmedAfter()).toBe(timeOf(9));
  expect(confirmedAfter(left(), { ...cameBack(0, 0, 'room'), place: undefined })).toBeUndefined();
  expect(confirmedAfter({ ...cameBack(0, 0, 'room'), place: undefined })).toBeUndefined();
});

it('takes an answer for one to an event that the client read when it came back', () => {
  const home = (heardAt: number) =>
    node('home', [...inRoom, left(4), cameBack(7, 4, 'room')], { rooms: ['room'], heardAt });
  const confirmedAt = (heardAt: number) => judge(CLIENT, logged(5), [home(heardAt)]).confirmedAt;
  expect([confirmedAt(timeOf(7)), confirmedAt(timeOf(8))]).toEqual([undefined, timeOf(8)]);
});

it('tells of a client that left after the event, unless it had left and come back before', () => {
  const leftAt = (...later: readonly Note[]) =>
    judge(CLIENT, logged(5), [node('home', [...inRoom, ...later])]).left?.at;
  expect(leftAt(left(7))).toBe(timeOf(7) + 500);
  expect(leftAt(left(3), cameBack(4, 3, 'room'))).toBeUndefined();
});

it('takes the beginning of a session for no answer, although the clocks of the nodes differ', () => {
  const late = logged(5, { at: timeOf(0) });
  const confirmedAt = (heardAt: number) =>
    judge(CLIENT, late, [node('home', inRoom, { rooms: ['room'], heardAt })]).confirmedAt;
  expect([confirmedAt(timeOf(1)), confirmedAt(timeOf(6))]).toEqual([undefined, timeOf(6)]);
});
