import { describe, expect, it } from 'vitest';
import { HandshakeRequest, parseQuery } from '../../src/session/handshake-request.js';
import { requestOf } from './request.js';

describe('HandshakeRequest', () => {
  const raw = [
    'Host',
    'a',
    'Cookie',
    'x=1',
    'cookie',
    'y=2',
    'X-A',
    '1',
    'x-a',
    '2',
    'User-Agent',
    'one',
    'User-Agent',
    'two',
    'Set-Cookie',
    'c',
  ];

  it('returns an equal request after the original was released', () => {
    const request = requestOf('/socket.io/?EIO=4&a=b', raw);
    const kept = new HandshakeRequest(request);
    kept.release();
    expect(kept.request).not.toBe(request);
    expect(kept.request).toBe(kept.request);
    expect(kept.request.url).toBe('/socket.io/?EIO=4&a=b');
    expect(kept.request.method).toBe('GET');
    expect(kept.request._query).toEqual({ EIO: '4', a: 'b' });
    expect(kept.request.socket).toBe(request.socket);
    expect(kept.request.rawHeaders).toEqual(raw);
  });

  it('keeps the method, for middleware that takes its time', () => {
    const kept = new HandshakeRequest(Object.assign(requestOf('/events/chat', raw), { method: 'POST' }));
    kept.release();
    expect(kept.request.method).toBe('POST');
  });

  it('joins repeated headers as node:http does', () => {
    const kept = new HandshakeRequest(requestOf('/', raw));
    kept.release();
    expect(kept.headers).toEqual({
      host: 'a',
      cookie: 'x=1; y=2',
      'x-a': '1, 2',
      'user-agent': 'one',
      'set-cookie': ['c'],
    });
  });

  it('is created from a head alone, and returns a request on demand', async () => {
    const text = 'GET /a?b=c HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nx-a: 2\r\n\r\n';
    const { socket } = requestOf('/');
    const kept = HandshakeRequest.ofHead({ url: '/a?b=c', text, fields: {} }, socket);
    expect(kept.headers).toEqual({ host: 'a', 'x-a': '1, 2' });
    expect(kept.remoteAddress).toBe('');
    kept.release();
    const { request } = kept;
    expect(kept.request).toBe(request);
    expect(request).toMatchObject({ url: '/a?b=c', method: 'GET', _query: { b: 'c' }, complete: true });
    expect(request.rawHeaders).toEqual(['Host', 'a', 'X-A', '1', 'x-a', '2']);
    expect(request.headersDistinct).toEqual({ host: ['a'], 'x-a': ['1', '2'] });
    expect(request.socket).toBe(socket);
    for await (const chunk of request) throw new Error(`a body: ${chunk}`);
  });

  it('keeps the request once it was read or pinned', () => {
    const read = requestOf('/');
    const kept = new HandshakeRequest(read);
    expect(kept.request).toBe(read);
    kept.release();
    expect(kept.request).toBe(read);
    const pinned = new HandshakeRequest(read);
    pinned.pin();
    pinned.release();
    expect(pinned.request).toBe(read);
  });

  it('shows headers without making the request stay', () => {
    const request = requestOf('/', ['Host', 'a']);
    const kept = new HandshakeRequest(request);
    expect(kept.headers).toEqual({ host: 'a' });
    kept.release();
    expect(kept.request).not.toBe(request);
  });

  it('has no headers if there were none', () => {
    const kept = new HandshakeRequest(requestOf('/', []));
    kept.release();
    expect(kept.headers).toEqual({});
  });
});

describe('parseQuery', () => {
  it.each([
    ['/', {}],
    ['/?', {}],
    ['/?a', { a: '' }],
    ['/?a=1&b=2', { a: '1', b: '2' }],
    ['/?a=1&a=2', { a: '2' }],
    ['/?&&a=b=c&', { a: 'b=c' }],
    ['/?a=%C3%A9+x', { a: 'é x' }],
    ['/?a=%zz', { a: '%zz' }],
    ['/?=x', { '': 'x' }],
  ])('reads %j', (url, query) => {
    expect(parseQuery(url)).toEqual(query);
  });

  it.each(['/?__proto__=1', '/?__proto__=%31'])('takes __proto__ for a name in %j', (url) => {
    const query = parseQuery(url);
    expect(Object.keys(query)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(query)).toBe(Object.prototype);
  });
});
