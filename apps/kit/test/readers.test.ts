import { describe, expect, it } from 'vitest';
import { cleanMessage, isIndex, readId, readReason, readSecret } from '../server/readers.js';

const junk: unknown[] = [
  undefined,
  null,
  0,
  '',
  'text',
  [],
  {},
  new Map(),
  { id: 1, reason: 5 },
  { id: '../../etc', reason: 'else' },
  { id: 'x'.repeat(41), reason: {} },
  JSON.parse('{"__proto__":{"id":"x","reason":"spam"}}'),
  Object.create({ id: 'x', reason: 'spam' }),
];

describe('readers', () => {
  it('reject junk', () => {
    for (const raw of junk) {
      for (const read of [readId, readReason, readSecret]) expect([raw, read(raw)]).toEqual([raw, undefined]);
    }
  });

  it('take what a page sends', () => {
    expect(readId({ id: 'central', more: 1 })).toEqual({ id: 'central' });
    expect(readReason({ reason: 'spam' })).toBe('spam');
  });

  it('accept only a secret of 32 hexadecimal digits', () => {
    expect(readSecret('0123456789abcdef0123456789abcdef')).toBeDefined();
    expect(readSecret('0123456789ABCDEF0123456789abcdef')).toBeUndefined();
    expect(readSecret('0123456789abcdef')).toBeUndefined();
  });

  it('clean a message, and reject an empty or a long one', () => {
    expect(cleanMessage('  hi\u202e there\u200b ', 10)).toBe('hi there');
    expect(cleanMessage('가'.repeat(10), 10)).toBeDefined();
    for (const text of [' \n\u200b ', '가'.repeat(11), 'x'.repeat(1e6), 5, undefined])
      expect(cleanMessage(text, 10)).toBeUndefined();
  });

  it('know an index from other numbers', () => {
    expect([0, 9].every((value) => isIndex(value, 10))).toBe(true);
    expect([-1, 10, 1.5, Number.NaN, '1', 2 ** 60].some((value) => isIndex(value, 10))).toBe(false);
  });
});
