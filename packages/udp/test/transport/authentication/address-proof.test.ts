import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/fake-clock.js';
import { SeededRandom } from '../../../../testing/src/seeded-random.js';
import { AddressProof, COOKIE_LIFE_MS } from '../../../src/transport/authentication/address-proof.js';

it('recognises its cookies, for their address, port and nonce', () => {
  const proof = new AddressProof(new FakeClock(), new SeededRandom(1));
  const nonce = randomBytes(16);
  const cookie = proof.issue('10.0.0.1', 5, nonce);
  expect(proof.isProof(cookie, '10.0.0.1', 5, nonce)).toBe(true);
  expect(proof.isProof(cookie, '10.0.0.1', 6, nonce)).toBe(false);
  expect(proof.isProof(cookie, '10.0.0.2', 5, nonce)).toBe(false);
  expect(proof.isProof(cookie, '10.0.0.1', 5, randomBytes(16))).toBe(false);
  expect(proof.isProof(randomBytes(16), '10.0.0.1', 5, nonce)).toBe(false);
});

it('accepts a cookie for at least half its life, and at most all of it', async () => {
  const clock = new FakeClock();
  const proof = new AddressProof(clock, new SeededRandom(1));
  for (let start = 0; start < 20; start += 1) {
    const nonce = randomBytes(16);
    const cookie = proof.issue('a', 1, nonce);
    await clock.advance(COOKIE_LIFE_MS / 2);
    expect(proof.isProof(cookie, 'a', 1, nonce)).toBe(true);
    await clock.advance(COOKIE_LIFE_MS / 2);
    expect(proof.isProof(cookie, 'a', 1, nonce)).toBe(false);
    await clock.advance(333);
  }
});

it('never makes the same cookie on two servers, or a path token that is a cookie', () => {
  const clock = new FakeClock();
  const [one, other] = [new AddressProof(clock, new SeededRandom(1)), new AddressProof(clock, new SeededRandom(2))];
  const nonce = randomBytes(16);
  expect(one.issue('a', 1, nonce)).not.toEqual(other.issue('a', 1, nonce));
  const token = one.issue('a', 1, 77);
  expect(one.isProof(token, 'a', 1, 77)).toBe(true);
  expect(one.isProof(token, 'a', 1, 78)).toBe(false);
  expect(one.isProof(token, 'a', 2, 77)).toBe(false);
  expect(other.isProof(token, 'a', 1, 77)).toBe(false);
});
