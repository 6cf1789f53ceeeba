import { expect, it } from 'vitest';
import { getOrCreate, setNewest } from '../../src/base/get-or-create.js';

it('creates one value per key, in a Map and in a WeakMap', () => {
  let count = 0;
  const create = () => {
    count += 1;
    return { count };
  };
  const map = new Map<string, { count: number }>();
  const first = getOrCreate(map, 'a', create);
  expect([first, getOrCreate(map, 'a', create) === first, getOrCreate(map, 'b', create)]).toEqual([
    { count: 1 },
    true,
    { count: 2 },
  ]);
  const weak = new WeakMap<object, { count: number }>();
  expect([getOrCreate(weak, map, create).count, getOrCreate(weak, map, create).count]).toEqual([3, 3]);
});

it('sets a value as the newest one, and lets the oldest go beyond a bound', () => {
  const map = new Map([['a', 1]]);
  for (const key of ['b', 'a', 'c']) setNewest(map, key, key.charCodeAt(0), 2);
  expect([...map]).toEqual([
    ['a', 97],
    ['c', 99],
  ]);
});
