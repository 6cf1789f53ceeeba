import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/index.js';
import { ConfigError, UnavailableError } from '../../../src/base/errors.js';
import { LogErrors } from '../../../src/server/api/log-errors.js';

function build(unusable?: Error) {
  const told: string[] = [];
  const clock = new FakeClock();
  const errors = new LogErrors(clock, { unusable }, ({ message }) => told.push(message));
  return { clock, errors, told };
}

describe('LogErrors', () => {
  it('names what has failed, and tells of every failure', () => {
    const { errors, told } = build();
    errors.take(new TypeError('full'), '/chat');
    errors.take(new UnavailableError('NOT_KEPT', 'full'), 'presence');
    expect(told).toEqual(['The log of /chat failed: full', 'The log of presence failed: full']);
  });

  it('tells once that requests were open at the end', () => {
    const { errors, told } = build();
    for (const what of ['presence', '/', '/chat']) errors.take(new UnavailableError('CLOSED', 'closed'), what);
    expect(told).toEqual(['The log of all namespaces failed: closed']);
  });

  it('tells every ten seconds of a home that does not answer, for each kind of request', async () => {
    const { clock, errors, told } = build();
    const ask = (method: string): void => errors.take(new UnavailableError('TIMEOUT', `no answer to ${method}`), '/');
    for (const method of ['read', 'get', 'read', 'get']) ask(method);
    await clock.advance(9_999);
    ask('read');
    expect(told).toEqual(['The log of / failed: no answer to read', 'The log of / failed: no answer to get']);
    await clock.advance(1);
    ask('read');
    expect(told.slice(2)).toEqual(['The log of / failed: no answer to read']);
  });

  it('tells of a home that cannot be used by its reason, and once more when something is lost', () => {
    const reason = new ConfigError('WRONG_STATE', 'wrong policy');
    const { errors, told } = build(reason);
    errors.take(reason, 'all namespaces');
    for (const what of ['presence', '/', '/chat']) errors.take(new UnavailableError('REFUSED', 'unread', reason), what);
    for (const what of ['presence', '/']) errors.take(new UnavailableError('NOT_KEPT', 'lost', reason), what);
    expect(told).toEqual(['The log of all namespaces failed: wrong policy', 'The log of all namespaces failed: lost']);
  });
});
