import { expect, it } from 'vitest';
import { decodeKey, encodeKey, keyToken } from '../../src/store/subjects.js';

const KEYS = [
  '',
  ' ',
  'a',
  'A',
  'a b',
  'a%20b',
  'a.b',
  '*',
  '>',
  'é🚢',
  '\ud800',
  '%',
  'x'.repeat(5_000),
  'é'.repeat(300),
];

it.each(KEYS)('finds the key of a message: %j', (key) => {
  const subject = `p.${keyToken(key)}`;
  const headers = encodeKey(subject, key);
  const message = { seq: 1, at: 0, subject, body: new Uint8Array(0), header: (name: string) => headers[name] };
  expect(decodeKey(message, 1)).toBe(key);
});

it('gives different keys different tokens, which a server accepts', () => {
  const tokens = [...KEYS, `${'x'.repeat(5_000)}y`].map(keyToken);
  expect(new Set(tokens).size).toBe(tokens.length);
  for (const token of tokens) expect(token).toMatch(/^[\w%~-]{1,800}$/);
});
