import { expect, it } from 'vitest';
import { ASSOCIATION, DIAL } from '../../src/transport/states.js';

/** Returns the states that can be reached from one. */
function reachedFrom(table: Readonly<Record<string, object>>, first: string): string[] {
  const reached = new Set([first]);
  for (const state of reached)
    for (const { to } of Object.values(table[state] ?? {}) as { to: string }[]) reached.add(to);
  return [...reached].sort();
}

it('reaches each state of a dial and of an association from the first one', () => {
  expect(reachedFrom(DIAL, 'idle')).toEqual(Object.keys(DIAL).sort());
  expect(reachedFrom(ASSOCIATION, 'open')).toEqual(Object.keys(ASSOCIATION).sort());
});

it('can give up a dial in any state, and an association that is released does nothing more', () => {
  for (const events of Object.values(DIAL)) expect(events).toMatchObject({ stop: { to: 'over' } });
  expect(Object.keys(DIAL.over)).toEqual(['stop']);
  expect(ASSOCIATION.released).toEqual({});
});

it('begins anew with an old cookie, and with nothing else', () => {
  const ways = Object.entries(DIAL).flatMap(([from, events]) =>
    Object.entries(events).flatMap(([event, { to }]) => (to === 'hello' ? `${from} ${event}` : [])),
  );
  expect(ways).toEqual(['idle begin', 'connect again']);
});
