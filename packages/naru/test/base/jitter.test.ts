import { expect, it } from 'vitest';
import { jitterFraction, randomSecret } from '../../src/base/jitter.js';

it('returns different fractions from 0 to below 1', () => {
  const fractions = new Set(Array.from({ length: 1_000 }, () => jitterFraction(undefined)));
  expect(fractions.size).toBeGreaterThan(990);
  for (const fraction of fractions) expect(fraction >= 0 && fraction < 1).toBe(true);
});

it('returns different secrets of one form', () => {
  const secrets = new Set(Array.from({ length: 1_000 }, randomSecret));
  expect(secrets.size).toBe(1_000);
  for (const secret of secrets) expect(secret).toMatch(/^[\w+/]{22}==$/);
});
