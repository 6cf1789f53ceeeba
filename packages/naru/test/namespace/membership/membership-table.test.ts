import { expect, it } from 'vitest';
import { MEMBER, type MemberState } from '../../../src/namespace/membership/membership-table.js';

it('reaches each state from the first one, and ends in one', () => {
  const reached = new Set<MemberState>(['pending']);
  for (const state of reached) for (const { to } of Object.values(MEMBER[state])) reached.add(to);
  expect([...reached].sort()).toEqual(Object.keys(MEMBER).sort());
  expect([...reached].filter((state) => Object.keys(MEMBER[state]).length === 0)).toEqual(['closed']);
});

it('tells the listeners of "disconnecting" for a client that was in, and for no other', () => {
  const waysTo = (end: MemberState): string[] =>
    Object.entries(MEMBER).flatMap(([from, events]) =>
      Object.values(events).some(({ to }) => to === end) ? from : [],
    );
  expect(waysTo('leaving')).toEqual(['connected']);
  expect(waysTo('closed').sort()).toEqual(['leaving', 'pending']);
});
