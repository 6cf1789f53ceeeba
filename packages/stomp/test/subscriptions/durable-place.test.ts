import { expect, it } from 'vitest';
import { decodePlace, encodePlace } from '../../src/subscriptions/durable-place.js';

it.each([
  { offset: '0000000002s', term: 1, node: 'aB-_9', isUnproven: true },
  { offset: '0000000002s', term: 123, node: 'x', isUnproven: false },
])('reads the place that it wrote: %o', (place) => {
  expect(decodePlace(encodePlace(place))).toEqual(place);
});

it('reads an offset without a node, as earlier versions wrote it', () => {
  expect(decodePlace('0000000002s')).toEqual({ offset: '0000000002s', term: 0, node: '', isUnproven: false });
  expect(decodePlace('0000000002s new')).toMatchObject({ term: 0, isUnproven: true });
});

it.each([undefined, '', 'nonsense', '0000000002S', '0000000002s 1', '0000000002s x y', '0000000002s 1 y old'])(
  'reads nothing from %s',
  (text) => {
    expect(decodePlace(text)).toBeUndefined();
  },
);
