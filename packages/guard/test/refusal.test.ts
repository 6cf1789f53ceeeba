import { UnavailableError } from 'naru/base';
import { describe, expect, it } from 'vitest';
import { isRefusal, refusal } from '../src/refusal.js';

describe('a refusal', () => {
  it('has a code for the client, and when it may try again', () => {
    expect(refusal('TOKEN_EXPIRED', 'over')).toMatchObject({ message: 'over', data: { code: 'TOKEN_EXPIRED' } });
    expect(refusal('UNAVAILABLE', 'later', 500).data).toEqual({ code: 'UNAVAILABLE', retryAfter: 500 });
  });

  it('is told from errors that may name something of the server', () => {
    expect([refusal('GONE', 'x'), new Error('secret'), new UnavailableError('REFUSED', 'x')].map(isRefusal)).toEqual([
      true,
      false,
      false,
    ]);
  });
});
