import { describe, expect, it } from 'vitest';
import { openStage } from '../../../../../test/kit/clients/plain-events.js';
import { headersOf } from '../../../src/transport/plain-http/answer.js';

describe('headersOf', () => {
  it('counts bytes, and lets an answer have headers of its own', () => {
    expect(headersOf({ status: 401, headers: { 'WWW-Authenticate': 'Bearer' }, body: '"\u20ac"' })).toEqual({
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': 5,
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      'WWW-Authenticate': 'Bearer',
    });
  });

  it('tells a client of 503 to come back in a second, or when the answer says', () => {
    const timeOf = (headers?: Record<string, string>) =>
      headersOf({ status: 503, body: '', ...(headers && { headers }) })['Retry-After'];
    expect([timeOf(), timeOf({ 'Retry-After': '7' })]).toEqual(['1', '7']);
  });
});

describe('an answer', () => {
  it('leaves the connection open for the next request', async () => {
    const { io, url } = await openStage();
    io.sockets.allow({ subscribe: false });
    for (let index = 0; index < 3; index += 1) {
      const response = await fetch(`${url}/events/a`);
      expect(response.status).toBe(403);
      expect(response.headers.get('connection')).toBe('keep-alive');
      await response.text();
    }
  });
});
