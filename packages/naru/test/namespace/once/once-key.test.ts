import { expect, test } from 'vitest';
import { readKey, refuseEvent } from '../../../src/namespace/once/once-key.js';

const SECRET = 'x'.repeat(20);

test('accepts a key by itself, or a row that ends with == and a number', () => {
  expect(readKey(SECRET, 20)).toEqual({ row: SECRET, number: 0 });
  expect(readKey(`${SECRET}==12`, 20)).toEqual({ row: `${SECRET}==`, number: 12 });
  expect(readKey(`${SECRET}=12`, 20)).toEqual({ row: `${SECRET}=12`, number: 0 });
  expect(readKey(`${SECRET}==1234567890123456`, 20)).toMatchObject({ number: 0 });
  expect(readKey('order 17', 1)).toEqual({ row: 'order 17', number: 0 });
});

test.each([[7], [null], [undefined], [''], ['x'.repeat(19)], ['x'.repeat(201)], [`${'x'.repeat(17)}==12345678`]])(
  'refuses the key %j, which is not a secret',
  (key) => expect(readKey(key, 20)).toMatchObject({ code: 'BAD_KEY' }),
);

test("distinguishes the library's events from the application's", () => {
  for (const name of ['connect', 'disconnect', 'naru:once', undefined, {}, null, true, { toString: 1 }, []]) {
    expect(refuseEvent(name)).toMatchObject({ code: 'BAD_EVENT' });
  }
  for (const name of ['order', '', 3, 'naru:publish']) expect(refuseEvent(name)).toBeUndefined();
});
