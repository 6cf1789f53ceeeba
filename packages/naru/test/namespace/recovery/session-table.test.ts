import { expect, it } from 'vitest';
import { SESSION, type SessionState } from '../../../src/namespace/recovery/session-table.js';

it('has a state for each way in which a session can be, and an end of each', () => {
  const reached = new Set<SessionState>(['unwritten']);
  for (const state of reached) for (const { to } of Object.values(SESSION[state])) reached.add(to);
  expect([...reached].sort()).toEqual(Object.keys(SESSION).sort());
  const ends = [...reached].filter((state) => Object.keys(SESSION[state]).length === 0);
  expect(ends.sort()).toEqual(['gone', 'taken']);
  for (const state of reached)
    if (!ends.includes(state)) expect(SESSION[state]).toMatchObject({ lose: { to: 'taken' }, end: { to: 'gone' } });
});
