import { expect, it } from 'vitest';
import { checkGone, checkStates } from './states.mjs';

const silences = [{ from: 10_000, to: 17_000 }];
const first = (state: string) => ({ boot: 1, at: 5_000, state, isFirst: true });
const later = (at: number, state: string) => ({ boot: 1, at, state });

it('expects a server to be connecting at its start, and up with a folder', () => {
  expect(checkStates([first('connecting'), later(5_100, 'up')], silences, true)).toEqual([]);
  expect(checkStates([first('up')], [], false)).toEqual([]);
  expect(checkStates([first('up')], silences, true)).toEqual(['server 1 was "up" when it had just started']);
  expect(checkStates([first('connecting')], [], false)).toHaveLength(1);
});

it.each([
  [10_900, 'up', 0],
  [12_000, 'up', 1],
  [12_000, 'catching-up', 1],
  [12_000, 'slow', 0],
  [17_001, 'up', 0],
])('expects no server to believe that a silent broker is there: at %i, %s', (at, state, count) => {
  expect(checkStates([first('connecting'), later(at, state)], silences, true)).toHaveLength(count);
});

it('lets a server read what has arrived if it was catching up when the broker fell silent', () => {
  const checked = (from: number, at: number) =>
    checkStates([first('connecting'), later(from, 'catching-up'), later(at, 'up')], silences, true).length;
  expect([checked(9_000, 11_600), checked(9_000, 13_100), checked(11_500, 11_600)]).toEqual([0, 1, 2]);
});

it('expects a process to be gone some seconds after its end, unless the link of the other one is new', () => {
  const lives = new Map([[2, { node: 'B', from: 0, to: 9_900, goneAt: 10_000 }]]);
  const faults = (from: number, ...states: object[]): string[] => {
    const call = { boot: 1, from, missing: ['B', 'C'] };
    return checkGone({ questions: [], sides: [call], fetches: [], lives }, states);
  };
  const other = { ...later(20_000, 'up'), boot: 3 };
  expect(faults(20_001, later(7_001, 'up'), other)).toEqual(['server 1 still knew B 10001 ms after its end']);
  expect(faults(20_000, later(7_001, 'up'))).toEqual([]);
  expect(faults(20_001, later(7_002, 'up'))).toEqual([]);
  expect(faults(20_001, later(20_001, 'slow'))).toEqual([]);
  expect(faults(20_001, later(20_002, 'slow'))).toHaveLength(1);
  const question = { boot: 1, from: 30_000, error: { missing: ['B'] } };
  const calls = { questions: [question], sides: [], fetches: [{ boot: 1, from: 9_000 }], lives };
  expect(checkGone(calls, [])).toHaveLength(1);
});
