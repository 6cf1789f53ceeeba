import { type SerializeOptions, serialize } from 'cookie';
import { Server as Theirs } from 'engine.io';
import { describe, expect, it } from 'vitest';
import { Emitter } from '../../../src/base/emitter.js';
import { ConfigError } from '../../../src/base/errors.js';
import { ResponseHeaders } from '../../../src/server/engine/response-headers.js';
import { type CookieOptions, readEngineOptions } from '../../../src/server/options/engine-options.js';
import { requestOf } from '../../session/request.js';

class Engine extends Emitter {
  emit(name: string, ...args: unknown[]): boolean {
    return this.applyLocal(name, args);
  }
}

const REQUEST = requestOf('/');

function headersWith(cookie: CookieOptions | boolean, engine = new Engine()): ResponseHeaders {
  return new ResponseHeaders(readEngineOptions({ cookie }).cookie, engine);
}

describe('ResponseHeaders', () => {
  it('adds nothing by default', () => {
    const list = [['a', 'b']] as [string, string][];
    expect(headersWith(false).listFor(list, REQUEST, 'id')).toBe(list);
    expect(headersWith(true).listFor(list, REQUEST, undefined)).toBe(list);
  });

  it('sets the session cookie on the first response', () => {
    const headers: Record<string, unknown> = {};
    headersWith(true).add(headers, REQUEST, 'abc');
    expect(headers).toEqual({ 'set-cookie': 'io=abc; Path=/; HttpOnly; SameSite=Lax' });
    const own = headersWith({ name: 's', path: '/x', httpOnly: false, sameSite: 'strict', maxAge: 5 });
    const more: Record<string, unknown> = {};
    own.add(more, REQUEST, 'abc');
    expect(more).toEqual({ 'set-cookie': 's=abc; Max-Age=5; Path=/x; SameSite=Strict' });
  });

  it.each([
    [{}, 'Path=/; HttpOnly; SameSite=Lax'],
    [{ path: false }, 'HttpOnly; SameSite=Lax'],
    [{ path: '' }, 'HttpOnly; SameSite=Lax'],
    [{ path: false, httpOnly: false }, 'SameSite=Lax'],
    [{ httpOnly: false }, 'Path=/; SameSite=Lax'],
    [{ sameSite: false }, 'Path=/; HttpOnly'],
    [{ sameSite: 'none', secure: true }, 'Path=/; HttpOnly; Secure; SameSite=None'],
  ])('writes the cookie %j with the attributes of engine.io', (cookie, attributes) => {
    const headers: Record<string, unknown> = {};
    headersWith(cookie as CookieOptions).add(headers, REQUEST, 'abc');
    expect(headers).toEqual({ 'set-cookie': `io=abc; ${attributes}` });
    const theirs = new Theirs({ cookie } as never).opts.cookie as unknown as SerializeOptions & { name: string };
    expect(headers).toEqual({ 'set-cookie': serialize(theirs.name, 'abc', theirs) });
  });

  it.each([{ name: 'a b' }, { sameSite: 'some' }, { maxAge: '5' }, { path: '/;x' }, { expires: 'never' }])(
    'refuses the invalid cookie %j at once',
    (cookie) => {
      expect(() => headersWith(cookie as CookieOptions)).toThrow(ConfigError);
    },
  );

  it('adds the session cookie to those of listeners', () => {
    const engine = new Engine();
    engine.on('initial_headers', (headers) => {
      headers['Set-Cookie'] = 'mine=1';
    });
    const headers: Record<string, unknown> = {};
    headersWith(true, engine).add(headers, REQUEST, 'abc');
    expect(headers).toEqual({ 'Set-Cookie': ['io=abc; Path=/; HttpOnly; SameSite=Lax', 'mine=1'] });
  });

  it('lets listeners add headers, to the first response and to all', () => {
    const engine = new Engine();
    engine.on('initial_headers', (headers, request) => {
      headers.first = request.url;
    });
    engine.on('headers', (headers) => {
      headers.all = ['1', '2'];
    });
    const headers = headersWith(false, engine);
    expect(headers.listFor([['m', 'w']], REQUEST, 'id')).toEqual([
      ['m', 'w'],
      ['first', '/'],
      ['all', '1'],
      ['all', '2'],
    ]);
    expect(headers.listFor([], REQUEST, undefined)).toEqual([
      ['all', '1'],
      ['all', '2'],
    ]);
  });
});
