import { expect, it } from 'vitest';
import { withoutUndefined } from '../../../src/base/options/without-undefined.js';

it('leaves out undefined values, and nothing else', () => {
  expect(Object.entries(withoutUndefined({ a: undefined, b: null, c: 0, d: '', e: false }))).toEqual([
    ['b', null],
    ['c', 0],
    ['d', ''],
    ['e', false],
  ]);
});
