import { createHmac, randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { BLOCK_BYTES, createArea, hmac, sign, verify } from '../../../src/transport/authentication/authenticator.js';
import { placeKey } from '../../../src/transport/authentication/keys.js';

it('makes the same tag as node:crypto, for every size and place of the key', () => {
  const keys = randomBytes(96);
  for (let size = 0; size <= 1_184; size += size < 330 ? 1 : 61) {
    for (const keyAt of [0, 32, 64]) {
      const area = createArea();
      const body = randomBytes(size);
      area.set(body, BLOCK_BYTES);
      const key = placeKey(keys.subarray(keyAt, keyAt + 32));
      sign(area, size, key);
      const expected = createHmac('sha256', keys.subarray(keyAt, keyAt + 32))
        .update(body)
        .digest()
        .subarray(0, 16);
      const datagram = area.subarray(BLOCK_BYTES, BLOCK_BYTES + size + 16);
      expect(datagram.subarray(size)).toEqual(expected);
      expect(verify(datagram, key)).toBe(true);
    }
  }
});

it('accepts a datagram under no other key, and not with one changed bit', () => {
  const keys = randomBytes(64);
  const area = createArea();
  area.set(randomBytes(40), BLOCK_BYTES);
  const [key, other] = [placeKey(keys.subarray(0, 32)), placeKey(keys.subarray(32))];
  sign(area, 40, key);
  const datagram = Buffer.from(area.subarray(BLOCK_BYTES, BLOCK_BYTES + 56));
  expect(verify(datagram, other)).toBe(false);
  for (let bit = 0; bit < 56 * 8; bit += 1) {
    const changed = Buffer.from(datagram);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(verify(changed, key)).toBe(false);
  }
});

it('refuses data shorter than a tag or longer than a datagram', () => {
  const keys = randomBytes(32);
  for (const size of [0, 15, 1_201, 5_000]) expect(verify(Buffer.alloc(size), placeKey(keys))).toBe(false);
});

it('makes the same HMAC as node:crypto for keys of every size, over parts and over the whole', () => {
  for (const size of [0, 1, 31, 32, 63, 64, 65, 200]) {
    const key = randomBytes(size);
    const [left, right] = [randomBytes(10), randomBytes(300)];
    expect(hmac(key, left, right)).toEqual(createHmac('sha256', key).update(left).update(right).digest());
  }
});
