import { expect, it } from 'vitest';
import {
  SESSION,
  type SessionEvent,
  type SessionState,
  stateAfter,
} from '../../../src/namespace/recovery/session-table.js';

const EVENTS: readonly SessionEvent[] = ['send', 'renew', 'differ', 'refuse', 'lose', 'end'];

it('has a state for each way in which a session can be, and an end of each', () => {
  const reached = new Set<SessionState>(['unwritten']);
  for (const state of reached) for (const next of Object.values(SESSION[state])) reached.add(next);
  expect([...reached].sort()).toEqual(Object.keys(SESSION).sort());
  const ends = [...reached].filter((state) => Object.keys(SESSION[state]).length === 0);
  expect(ends.sort()).toEqual(['gone', 'taken']);
  for (const state of reached)
    if (!ends.includes(state)) expect(SESSION[state]).toMatchObject({ lose: 'taken', end: 'gone' });
});

it('asserts each transition', () => {
  for (const [name, transitions] of Object.entries(SESSION))
    for (const event of EVENTS) {
      const state = name as SessionState;
      const next = transitions[event];
      if (next) expect(stateAfter(state, event)).toBe(next);
      else expect(() => stateAfter(state, event)).toThrow(`"${event}" cannot happen to a session that is ${state}`);
    }
});
