import { expect, it } from 'vitest';
import {
  type SessionState,
  type SessionTransition,
  stateAfter,
  TRANSITIONS,
} from '../../../src/namespace/recovery/session-state.js';

const NAMES: readonly SessionTransition[] = [
  ...(['adopt', 'change', 'same', 'write', 'keep', 'differ', 'refuse', 'lose', 'end'] as const),
];

it('has a table in which each state can be reached, and from which each session comes to an end', () => {
  const reached = new Set<SessionState>(['unwritten']);
  for (const state of reached) for (const next of Object.values(TRANSITIONS[state])) reached.add(next);
  expect([...reached].sort()).toEqual(Object.keys(TRANSITIONS).sort());
  const ends = [...reached].filter((state) => Object.keys(TRANSITIONS[state]).length === 0);
  expect(ends.sort()).toEqual(['gone', 'taken']);
  for (const state of reached)
    if (!ends.includes(state)) expect(TRANSITIONS[state]).toMatchObject({ lose: 'taken', end: 'gone' });
});

it('asserts each transition', () => {
  for (const [name, transitions] of Object.entries(TRANSITIONS))
    for (const transition of NAMES) {
      const state = name as SessionState;
      const next = transitions[transition];
      if (next) expect(stateAfter(state, transition)).toBe(next);
      else expect(() => stateAfter(state, transition)).toThrow(`a session that is ${state} has no transition`);
    }
});
