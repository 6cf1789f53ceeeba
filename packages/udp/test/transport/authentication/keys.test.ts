import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import {
  agree,
  createAgreement,
  deriveKeys,
  KeyTable,
  tagOfConnect,
} from '../../../src/transport/authentication/keys.js';

it('gives both ends of an agreement the same secret, and other ends another', () => {
  const [left, right, stranger] = [createAgreement(), createAgreement(), createAgreement()];
  expect(left.publicKey.byteLength).toBe(32);
  const shared = agree(left, right.publicKey);
  expect(agree(right, left.publicKey)).toEqual(shared);
  expect(agree(stranger, left.publicKey)).not.toEqual(shared);
});

it('refuses public keys that lead to a known secret', () => {
  const one = new Uint8Array(32);
  one[0] = 1;
  for (const key of [new Uint8Array(32), one]) expect(agree(createAgreement(), key)).toBeUndefined();
});

it('derives keys by HKDF-SHA-256, as in docs/udp.md', () => {
  const [nonce, cookie, shared, secret] = [randomBytes(16), randomBytes(16), randomBytes(32), Buffer.from('knock')];
  const salt = Buffer.concat([nonce, cookie]);
  const expected = (input: Buffer) => Buffer.from(hkdfSync('sha256', input, salt, 'naru udp 1', 64));
  expect(Buffer.from(deriveKeys({ nonce, cookie }))).toEqual(expected(Buffer.alloc(0)));
  expect(Buffer.from(deriveKeys({ nonce, cookie, secret }))).toEqual(expected(secret));
  expect(Buffer.from(deriveKeys({ nonce, cookie, shared, secret }))).toEqual(expected(Buffer.concat([shared, secret])));
});

it('tags a CONNECT by HMAC with the secret, or with an empty key', () => {
  const head = randomBytes(60);
  expect(tagOfConnect(head)).toEqual(createHmac('sha256', '').update(head).digest().subarray(0, 16));
  expect(tagOfConnect(head, Buffer.from('k'))).toEqual(createHmac('sha256', 'k').update(head).digest().subarray(0, 16));
});

it('keeps the keys of many sessions apart, reuses places, and forgets removed keys', () => {
  const table = new KeyTable(4);
  const pairs = Array.from({ length: 11 }, () => new Uint8Array(randomBytes(64)));
  const slots = pairs.map((pair) => table.add(pair));
  const read = (slot: number) => {
    const { keys, keyAt } = table.placeOf(slot, false);
    return new Uint8Array(keys.subarray(keyAt, keyAt + 64));
  };
  expect(new Set(slots).size).toBe(11);
  expect(slots.map(read)).toEqual(pairs);
  const [, , third = 0] = slots;
  table.remove(third);
  expect(read(third).every((byte) => byte === 0)).toBe(true);
  const { prepared, preparedAt } = table.placeOf(third, false);
  expect(prepared.subarray(preparedAt, preparedAt + 32).every((word) => word === 0)).toBe(true);
  expect(table.add(pairs[0] as Uint8Array)).toBe(third);
});
