import { expect, it } from 'vitest';
import { firstPast, getOrCreate, setNewest } from '../../src/base/get-or-create.js';

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

it('finds the first element that is past a place, in lists of any length', () => {
  for (let length = 0; length < 20; length += 1) {
    const list = Array.from({ length }, (_, at) => 2 * at);
    for (let place = -1; place < 2 * length + 1; place += 1) {
      const found = list.findIndex((each) => each > place);
      expect([length, place, firstPast(list, (each) => each > place)]).toEqual([
        length,
        place,
        found < 0 ? length : found,
      ]);
    }
  }
});
