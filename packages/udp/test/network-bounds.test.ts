import { expect, it } from 'vitest';
import { NetworkBounds } from '../src/network-bounds.js';

it('refuses beyond the bound of a network and of all, and admits again after a peer has left', () => {
  const bounds = new NetworkBounds(() => 0, { totalMax: 3, perNetworkMax: 2, perSecondMax: 100 });
  for (const address of ['2001:db8::1', '2001:db8::2']) bounds.enter(address);
  expect(bounds.check('2001:db8::3')).toBe('full');
  expect(bounds.check('192.0.2.1')).toBeUndefined();
  bounds.enter('192.0.2.1');
  expect([bounds.count, bounds.check('192.0.2.2')]).toEqual([3, 'full']);
  bounds.leave('2001:db8::2');
  bounds.leave('198.51.100.1');
  expect([bounds.count, bounds.check('2001:db8::3')]).toEqual([2, undefined]);
});

it('refuses those that ask too often, until time has passed', () => {
  let now = 1_000;
  const bounds = new NetworkBounds(() => now, { totalMax: 10, perNetworkMax: 10, perSecondMax: 2 });
  expect([1, 2, 3].map(() => bounds.check('192.0.2.1'))).toEqual([undefined, undefined, 'fast']);
  now += 500;
  expect([1, 2].map(() => bounds.check('192.0.2.1'))).toEqual([undefined, 'fast']);
});
