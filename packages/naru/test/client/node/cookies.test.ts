import { describe, expect, test } from 'vitest';
import { CookieJar, parseSetCookie } from '../../../src/client/node/cookies.js';

describe('parseSetCookie', () => {
  test.each<[string, unknown]>([
    ['foo=bar', { name: 'foo', value: 'bar' }],
    ['foo="bar"', { name: 'foo', value: 'bar' }],
    ['foo=', { name: 'foo', value: '' }],
    ['foo=bar=bar&a=b; Domain=.example.com; Path=/; HttpOnly; Secure', { name: 'foo', value: 'bar=bar&a=b' }],
    ['foo=bar; max-age=10', { name: 'foo', value: 'bar', expires: new Date(11_000) }],
    ['a=b; Expires=Tue, 01 Jul 2025 10:01:11 GMT', { name: 'a', value: 'b', expires: new Date(1_751_364_071_000) }],
    ['a=b; Expires=Tue, 01 Jul 2025 10:01:11 GMT; Max-Age=1', { name: 'a', value: 'b', expires: new Date(2_000) }],
    ['a=b; Max-Age=1; Expires=Tue, 01 Jul 2025 10:01:11 GMT', { name: 'a', value: 'b', expires: new Date(2_000) }],
    ['a=b; Max-Age=soon; Expires=never', { name: 'a', value: 'b' }],
    ['=x', undefined],
    ['  =x', undefined],
    ['nothing', undefined],
    ['', undefined],
  ])('reads %s', (header, cookie) => {
    expect(parseSetCookie(header, 1_000)).toEqual(cookie);
  });
});

describe('a jar', () => {
  test('sends the newest cookie of each name', () => {
    const jar = new CookieJar({ now: () => 0 });
    expect(jar.header()).toBe(undefined);
    jar.store(undefined);
    jar.store(['a=1', 'b=2', 'rubbish']);
    jar.store(['a=3']);
    expect(jar.header()).toBe('b=2; a=3');
  });

  test('drops expired cookies, and those that the server deletes', () => {
    let now = 0;
    const jar = new CookieJar({ now: () => now });
    jar.store(['a=1; Max-Age=10', 'b=2', 'c=3']);
    jar.store(['c=x; Max-Age=0']);
    expect(jar.header()).toBe('a=1; b=2');
    now = 10_000;
    expect(jar.header()).toBe('b=2');
  });

  test('holds at most 50, the newest', () => {
    const jar = new CookieJar({ now: () => 0 });
    for (let at = 0; at < 60; at += 1) jar.store([`n${at}=x`]);
    const cookies = jar.header()?.split('; ') ?? [];
    expect([cookies.length, cookies[0], cookies.at(-1)]).toEqual([50, 'n10=x', 'n59=x']);
  });
});
