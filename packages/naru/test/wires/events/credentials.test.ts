import { describe, expect, it } from 'vitest';
import { readCredentials } from '../../../src/wires/events/credentials.js';

const read = (header: string | undefined, query = ''): Record<string, unknown> =>
  readCredentials(header, new URLSearchParams(query));

describe('readCredentials', () => {
  it('returns nothing without credentials', () => {
    expect(read(undefined, 'room=a')).toEqual({});
    expect(read(undefined, 'token=a')).toEqual({ token: 'a' });
  });

  it('reads Bearer and Basic, and leaves other schemes unchanged', () => {
    expect(read('Bearer a.b=')).toEqual({ authorization: 'Bearer a.b=', scheme: 'bearer', token: 'a.b=' });
    const basic = `basic ${Buffer.from('ann:p:\u20ac').toString('base64')}`;
    expect(read(basic)).toEqual({ authorization: basic, scheme: 'basic', login: 'ann', passcode: 'p:\u20ac' });
    expect(read('Digest x="1"')).toEqual({ authorization: 'Digest x="1"', scheme: 'digest' });
    for (const broken of ['Basic', 'Basic ***', `Basic ${Buffer.from('ann').toString('base64')}`])
      expect(read(broken)).toEqual({ authorization: broken, scheme: 'basic' });
  });

  it('reads the query of clients that cannot set headers, and prefers the header', () => {
    expect(read(undefined, 'token=x')).toEqual({ token: 'x' });
    expect(read('Bearer y', 'token=x&auth={"name":"ann","token":"z"}')).toMatchObject({ name: 'ann', token: 'y' });
  });

  it('takes "__proto__" in the query as a property, and keeps the prototype', () => {
    const auth = read(undefined, 'auth={"__proto__":{"isAdmin":true}}');
    expect([Object.keys(auth), Object.getPrototypeOf(auth) === Object.prototype]).toEqual([['__proto__'], true]);
    expect(auth.isAdmin).toBeUndefined();
  });

  it('refuses an "auth" that is not an object', () => {
    for (const auth of ['1', '[]', 'null', '{', `{"a":${'['.repeat(50)}${']'.repeat(50)}}`])
      expect(() => read(undefined, new URLSearchParams({ auth }).toString())).toThrow();
  });
});
