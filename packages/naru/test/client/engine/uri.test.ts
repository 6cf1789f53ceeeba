import { describe, expect, test } from 'vitest';
import { addBrackets, isSecure, parseAddress, resolveAddress, stripBrackets } from '../../../src/client/engine/uri.js';

const page = { protocol: 'https:', host: 'woot.com:4005' };

describe('parseAddress', () => {
  test.each([
    ['http://a.b', { protocol: 'http', host: 'a.b', port: '', path: '', query: '' }],
    ['wss://a:1/n?x=1&y=2#h', { protocol: 'wss', host: 'a', port: '1', path: '/n', query: 'x=1&y=2' }],
    ['https://u:p@a:1/n', { protocol: 'https', host: 'a', port: '1', path: '/n', query: '' }],
    ['http://[::1]:80/', { protocol: 'http', host: '::1', port: '80', path: '/', query: '' }],
    ['http://a/한글/%20', { protocol: 'http', host: 'a', port: '', path: '/한글/%20', query: '' }],
    ['//a:1/n', { protocol: '', host: 'a', port: '1', path: '/n', query: '' }],
    ['http://a:/n', { protocol: 'http', host: 'a', port: '', path: '/n', query: '' }],
    ['http://a?x', { protocol: 'http', host: 'a', port: '', path: '', query: 'x' }],
    ['', { protocol: '', host: '', port: '', path: '', query: '' }],
  ])('splits %s', (uri, parts) => {
    expect(parseAddress(uri)).toEqual(parts);
  });
});

describe('resolveAddress', () => {
  test.each([
    [undefined, 'https://woot.com:4005/p', '/'],
    ['/admin', 'https://woot.com:4005/p', '/admin'],
    ['/', 'https://woot.com:4005/p', '/'],
    ['', 'https://woot.com:4005/p', '/'],
    ['//other', 'https://other:443/p', '/'],
    ['localhost:3000', 'https://localhost:3000/p', '/'],
    ['ws://a/chat', 'ws://a:80/p', '/chat'],
    ['http://[::1]/', 'http://[::1]:80/p', '/'],
    ['tcp://a:4000/chat', 'tcp://a:4000/p', '/chat'],
    ['tls://a:4443', 'tls://a:4443/p', '/'],
  ])('completes %s from the page', (uri, id, path) => {
    const address = resolveAddress(uri, '/p', page);
    expect([address.id, address.path]).toEqual([id, path]);
  });

  test('is the same for addresses that differ only in optional parts', () => {
    const id = (uri: string, path = ''): string => resolveAddress(uri, path, undefined).id;
    expect(id('http://google.com:80/')).toBe(id('http://google.com/'));
    expect(id('http://google.com/')).not.toBe(id('https://google.com/'));
    expect(id('http://google.com/')).not.toBe(id('http://google.com/', '/test'));
  });

  test('gives the engine the query, but not the namespace', () => {
    expect(resolveAddress('/admin?a=1', '/p', page).source).toBe('https://woot.com:4005?a=1');
  });

  test('works outside a page', () => {
    expect(resolveAddress('//other', '', undefined).id).toBe('https://other:443');
    expect(resolveAddress('localhost:1', '', undefined).source).toBe('https://localhost:1?');
    expect(resolveAddress(undefined, '', undefined).source).toBe('http://localhost:80?');
    expect(resolveAddress('/x', '', undefined).id).toBe('http://localhost:80');
  });
});

test('adds brackets only to IPv6 hosts, and removes them', () => {
  expect(['::1', 'a'].map(addBrackets)).toEqual(['[::1]', 'a']);
  expect(['[::1]', 'a'].map(stripBrackets)).toEqual(['::1', 'a']);
});

test('knows the protocols with TLS', () => {
  expect(['https', 'wss', 'tls', 'http', 'ws', 'tcp', ''].map(isSecure)).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
});
