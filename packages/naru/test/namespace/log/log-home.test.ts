import { expect, it } from 'vitest';
import { homeOf } from '../../../src/namespace/log/log-home.js';

it('has one set of traits for a log on this machine, and another for one on another machine', () => {
  const [here, elsewhere] = [homeOf({}), homeOf({ isRemote: true })];
  expect(homeOf({ isRemote: false })).toBe(here);
  expect([here.keepsAtOnce, here.lingerMs, here.batchMax]).toEqual([true, 0, undefined]);
  expect([elsewhere.keepsAtOnce, elsewhere.lingerMs]).toEqual([false, 10_000]);
  expect(elsewhere.batchMax?.records).toBe(256);
});
