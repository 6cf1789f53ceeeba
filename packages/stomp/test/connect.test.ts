import { describe, expect, it } from 'vitest';
import { decodeConnect, encodeConnected } from '../src/connect.js';

const finder = new Map([['/chat', {} as never]]);
const decode = (headers: Record<string, string>, heartBeatMin = 1_000) =>
  decodeConnect(new Map(Object.entries(headers)), heartBeatMin, finder);

describe('decodeConnect', () => {
  it('agrees on a version and on heart-beats', () => {
    expect(decode({ 'accept-version': '1.2', 'heart-beat': '500,7000' })).toMatchObject({
      version: '1.2',
      sendsEveryMs: 7_000,
      expectsEveryMs: 1_000,
    });
    expect(decode({ 'accept-version': '1.2', 'heart-beat': '500,7000' }, 0)).toMatchObject({
      sendsEveryMs: 0,
      expectsEveryMs: 0,
    });
    expect(decode({ 'heart-beat': '500,7000' })).toMatchObject({ version: '1.0', sendsEveryMs: 0, expectsEveryMs: 0 });
    expect(decode({ 'accept-version': '9.9' })).toBeUndefined();
    expect(() => decode({ 'accept-version': '1.2', 'heart-beat': 'often' })).toThrow('heart-beat');
  });

  it('passes all other headers to the application', () => {
    const headers = { 'accept-version': '1.1', host: '/', login: 'a', passcode: 'b', token: 'c', ['__proto__']: 'd' };
    expect(Object.entries(decode(headers)?.auth ?? {})).toEqual([
      ['login', 'a'],
      ['passcode', 'b'],
      ['token', 'c'],
      ['__proto__', 'd'],
    ]);
  });

  it('finds the namespace', () => {
    const namespaces: Record<string, string>[] = [
      {},
      { host: 'chat' },
      { host: '/any' },
      { host: 'b' },
      { namespace: 'any' },
      { namespace: '/x', host: '/y' },
    ];
    expect(namespaces.map((headers) => decode(headers)?.namespace)).toEqual(['/', '/chat', '/any', '/', '/any', '/x']);
  });
});

it('writes the agreed values with encodeConnected', () => {
  const greeting = { version: '1.2', namespace: '/', auth: {}, sendsEveryMs: 0, expectsEveryMs: 0 } as const;
  expect(encodeConnected(greeting, 'id', 1_000)).toBe(
    'CONNECTED\nversion:1.2\nsession:id\nserver:naru\nheart-beat:1000,1000\n\n\0',
  );
  expect(encodeConnected({ ...greeting, version: '1.0' }, 'id', 1_000)).not.toContain('heart-beat');
});
