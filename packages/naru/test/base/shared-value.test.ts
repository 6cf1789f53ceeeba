import { expect, it, vi } from 'vitest';
import { sharedValue } from '../../src/base/shared-value.js';

it('creates the value of a name once, also for another copy of the module', async () => {
  const create = vi.fn(() => ({ count: 0 }));
  const value = sharedValue('test', create);
  vi.resetModules();
  const copy = await import('../../src/base/shared-value.js');
  expect(copy.sharedValue).not.toBe(sharedValue);
  expect(copy.sharedValue('test', create)).toBe(value);
  expect(sharedValue('other test', create)).not.toBe(value);
  expect(create).toHaveBeenCalledTimes(2);
});
