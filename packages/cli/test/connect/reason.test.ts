import { describe, expect, it } from 'vitest';
import { errorIn, reasonOf, refusalOf } from '../../src/connect/reason.js';

describe('reasonOf', () => {
  const system = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });

  it.each([
    [system, 'connect ECONNREFUSED 127.0.0.1:1'],
    [new Error('xhr poll error', { cause: system }), 'connect ECONNREFUSED 127.0.0.1:1'],
    [
      Object.assign(new Error('websocket error'), { description: { error: system } }),
      'connect ECONNREFUSED 127.0.0.1:1',
    ],
    [Object.assign(new Error('xhr poll error'), { description: 503 }), 'the server answered 503 Service Unavailable'],
    [Object.assign(new Error('xhr poll error'), { description: 599 }), 'the server answered 599'],
    [Object.assign(new Error('xhr poll error'), { description: 0 }), 'xhr poll error'],
    // Node's error for a name with several addresses: no message, and an error for each.
    [Object.assign(new AggregateError([system]), { code: 'ECONNREFUSED' }), 'connect ECONNREFUSED 127.0.0.1:1'],
    [Object.assign(new Error(''), { code: 'EPIPE' }), 'EPIPE'],
    ['forced close', 'forced close'],
    [undefined, 'unknown reason'],
    [{}, 'unknown reason'],
  ])('finds the message of the innermost cause (%#)', (error, reason) => {
    expect(reasonOf(error)).toBe(reason);
  });

  it('suggests a fix for an untrusted certificate', () => {
    const error = Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(reasonOf(error)).toMatch(/^self-signed certificate; --ca .* --insecure /);
    error.message += '; if the root CA is installed locally, try running Node.js with --use-system-ca';
    expect(reasonOf(error)).toMatch(/^self-signed certificate; --ca .* --insecure /);
  });

  it('terminates with circular causes', () => {
    const error = new Error('round');
    error.cause = error;
    expect(reasonOf(error)).toBe('round');
  });
});

describe('refusalOf', () => {
  it.each([
    [
      403,
      '{"error":{"code":"FORBIDDEN","message":"not here"}}',
      'the server answered 403 Forbidden: not here (FORBIDDEN)',
    ],
    [401, '{"error":{"message":"who?","data":{"a":1}}}', 'the server answered 401 Unauthorized: who? {"a":1}'],
    [404, ' plain words \n', 'the server answered 404 Not Found: plain words'],
    [500, '', 'the server answered 500 Internal Server Error'],
    [400, '{"error":"other"}', 'the server answered 400 Bad Request: {"error":"other"}'],
  ])('shows the body of a %i', (status, body, text) => {
    expect(refusalOf(status, body)).toBe(text);
  });

  it.each(['null', '7', 'no', '{}', '{"error":null}'])('finds none of our errors in %s', (text) => {
    expect(errorIn(text)).toBeUndefined();
  });
});
