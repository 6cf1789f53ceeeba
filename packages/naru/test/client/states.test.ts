import { expect, it } from 'vitest';
import { ENGINE, type EngineState, MANAGER } from '../../src/client/states.js';

it('reaches each state of an engine from the first one, and never goes back', () => {
  const order: EngineState[] = ['opening', 'open', 'closing', 'closed'];
  expect(Object.keys(ENGINE)).toEqual(order);
  for (const [at, state] of order.entries())
    for (const { to } of Object.values(ENGINE[state])) expect(order.indexOf(to)).toBeGreaterThan(at);
  expect(ENGINE.opening).toMatchObject({ handshake: { to: 'open' } });
});

it('can end in any state but the last', () => {
  for (const [state, events] of Object.entries(ENGINE)) expect('end' in events, state).toBe(state !== 'closed');
});

it('opens only what was tried, and can end at any time', () => {
  const ways = Object.entries(MANAGER).flatMap(([from, events]) =>
    Object.entries(events).map(([event, { to }]) => `${from} ${event} ${to}`),
  );
  expect(ways.filter((way) => way.endsWith(' open'))).toEqual(['opening open open']);
  expect(ways.filter((way) => way.endsWith(' opening'))).toEqual(['closed try opening']);
  for (const events of Object.values(MANAGER)) expect(events).toMatchObject({ end: { to: 'closed' } });
});
