import { describe, expect, it } from 'vitest';
import { ConfigError, UnavailableError } from '../../../src/base/errors.js';
import { LogErrors } from '../../../src/server/api/log-errors.js';

function build(unusable?: Error) {
  const told: string[] = [];
  const errors = new LogErrors({ unusable }, ({ message }) => told.push(message));
  return { errors, told };
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

  it('tells of a home that cannot be used by its reason, and once more when something is lost', () => {
    const reason = new ConfigError('WRONG_STATE', 'wrong policy');
    const { errors, told } = build(reason);
    errors.take(reason, 'all namespaces');
    for (const what of ['presence', '/', '/chat']) errors.take(new UnavailableError('REFUSED', 'unread', reason), what);
    for (const what of ['presence', '/']) errors.take(new UnavailableError('NOT_KEPT', 'lost', reason), what);
    expect(told).toEqual(['The log of all namespaces failed: wrong policy', 'The log of all namespaces failed: lost']);
  });
});
