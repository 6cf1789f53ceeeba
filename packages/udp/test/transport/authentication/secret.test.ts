import { expect, it } from 'vitest';
import { readSecret } from '../../../src/transport/authentication/secret.js';

it('accepts text as UTF-8, bytes unchanged, and nothing as none', () => {
  expect(readSecret('안')).toEqual(Buffer.from('안'));
  expect(readSecret(Uint8Array.of(1))).toEqual(Uint8Array.of(1));
  expect(readSecret(undefined)).toBeUndefined();
});

it('throws for an empty secret, which everybody knows', () => {
  for (const secret of ['', new Uint8Array(0), 7 as never])
    expect(() => readSecret(secret)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
});
