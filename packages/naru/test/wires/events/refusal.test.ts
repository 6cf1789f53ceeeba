import { describe, expect, it } from 'vitest';
import { UNUSABLE } from '../../../src/namespace/socket/turned-away.js';
import { refuseEntry, refuseLate, refuseRoom } from '../../../src/wires/events/refusal.js';

describe('refusals', () => {
  it('ask for credentials only when none were given', () => {
    const asked = refuseEntry('no', { a: 1 }, false);
    expect(asked).toMatchObject({ status: 401, headers: { 'WWW-Authenticate': 'Bearer' } });
    expect(JSON.parse(asked.body)).toEqual({ error: { code: 'REFUSED', message: 'no', data: { a: 1 } } });
    expect(refuseEntry('no', undefined, true)).toMatchObject({ status: 403, headers: {} });
  });

  it('say when the server has tried again to reach a home that cannot be used', () => {
    expect(refuseEntry('why', UNUSABLE, false)).toEqual({
      status: 503,
      headers: { 'Retry-After': '2' },
      body: '{"error":{"code":"BACKPLANE_UNUSABLE","message":"why"}}\n',
    });
  });

  it('tell when to come back, if the middleware says so', () => {
    const data = { code: 'FULL', retryAfter: 1_200 };
    expect(refuseEntry('full', data, false)).toMatchObject({ status: 503, headers: { 'Retry-After': '2' } });
    expect(refuseEntry('full', { retryAfter: 'soon' }, true).status).toBe(403);
  });

  it('report an unknown namespace', () => {
    expect(refuseEntry('Invalid namespace', undefined, false).status).toBe(404);
  });

  it('name the room', () => {
    const refused = refuseRoom({ code: 'FORBIDDEN', message: 'no' }, 'a"b');
    expect(refused.status).toBe(403);
    expect(JSON.parse(refused.body)).toEqual({ error: { code: 'FORBIDDEN', message: 'no', room: 'a"b' } });
    expect(refuseRoom({ code: 'TOO_MANY', message: 'no' }, 'a').status).toBe(429);
    expect(refuseLate().status).toBe(503);
  });
});
