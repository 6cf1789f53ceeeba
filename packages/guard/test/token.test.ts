import { describe, expect, it } from 'vitest';
import { checkFacts, tokenIn, tokenOf } from '../src/token.js';

describe('tokenOf', () => {
  it.each<[string, object, object, string | undefined]>([
    ['the auth payload', { token: 'a' }, {}, 'a'],
    ['the passcode of STOMP', { login: 'me', passcode: 'b' }, {}, 'b'],
    ['a header', {}, { authorization: 'Bearer c' }, 'c'],
    ['the auth payload before a header', { token: 'a' }, { authorization: 'Bearer c' }, 'a'],
    ['no header of another scheme', {}, { authorization: 'Basic c' }, undefined],
    ['no header with two words', {}, { authorization: 'Bearer c d' }, undefined],
    ['no object', { token: { toString: 'x' } }, {}, undefined],
    ['nothing', {}, {}, undefined],
  ])('finds a token in %s', (_, auth, headers, token) => {
    expect(tokenOf({ auth: auth as Record<string, unknown>, headers: headers as Record<string, string> })).toBe(token);
  });
});

describe('tokenIn', () => {
  it('takes a text, or an object with one', () => {
    expect(['a', { token: 'b' }, { passcode: 'c' }, null, 5, [], undefined].map(tokenIn)).toEqual([
      'a',
      'b',
      'c',
      ...Array(4).fill(undefined),
    ]);
  });
});

describe('checkFacts', () => {
  const facts = { user: '42', issuedAt: 1_000, expiresAt: 2_000 };
  const check = (more: object, now = 1_000): unknown => {
    try {
      return checkFacts({ ...facts, ...more }, now, 1_000) && 'yes';
    } catch (error) {
      return (error as { data: { code: string } }).data.code;
    }
  };

  it('takes a token until its last millisecond', () => {
    expect([check({}), check({}, 1_999), check({}, 2_000)]).toEqual(['yes', 'yes', 'TOKEN_EXPIRED']);
  });

  it.each([
    { user: '' },
    { user: 42 },
    { user: 'x'.repeat(201) },
    { issuedAt: Number.NaN },
    { expiresAt: undefined },
    { expiresAt: Number.POSITIVE_INFINITY },
    { expiresAt: 2_001 },
  ])('refuses %o', (more) => {
    expect(check(more)).toBe('TOKEN_INVALID');
  });

  it('refuses what a reader returns by mistake', () => {
    for (const given of [undefined, null, false, 'text'])
      expect(() => checkFacts(given as never, 0, 1)).toThrow('must name a user');
  });
});
