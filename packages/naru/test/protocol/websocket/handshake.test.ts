import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../src/base/errors.js';
import {
  acceptOf,
  checkRequest,
  checkResponse,
  encodeKey,
  isProtocolName,
  parseProtocols,
  type Refusal,
} from '../../../src/protocol/websocket/handshake.js';

const sha1 = (text: string) => createHash('sha1').update(text).digest('base64');
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const HEADERS = {
  upgrade: 'WebSocket',
  connection: 'keep-alive, Upgrade',
  'sec-websocket-key': KEY,
  'sec-websocket-version': '13',
};
const REQUEST = { method: 'GET', httpVersion: '1.1', headers: HEADERS };

describe('checkRequest', () => {
  it('returns the key of a valid request, with tokens in any case', () => {
    expect(checkRequest(REQUEST)).toBe(KEY);
  });

  it.each([
    [405, { ...REQUEST, method: 'POST' }],
    [400, { ...REQUEST, httpVersion: '1.0' }],
    [426, { ...REQUEST, headers: { ...HEADERS, upgrade: undefined } }],
    [400, { ...REQUEST, headers: { ...HEADERS, connection: 'close' } }],
    [426, { ...REQUEST, headers: { ...HEADERS, 'sec-websocket-version': '8' } }],
    [400, { ...REQUEST, headers: { ...HEADERS, 'sec-websocket-key': 'c2hvcnQ=' } }],
    [400, { ...REQUEST, headers: { ...HEADERS, 'sec-websocket-key': undefined } }],
  ])('refuses with %i', (status, request) => {
    expect((checkRequest(request) as Refusal).status).toBe(status);
  });

  it('names its version to a client of another', () => {
    const refusal = checkRequest({ ...REQUEST, headers: { ...HEADERS, 'sec-websocket-version': '14' } }) as Refusal;
    expect(refusal.headers).toContainEqual(['Sec-WebSocket-Version', '13']);
  });

  it('names the protocol with each 426, as RFC 9110, section 15.5.22, demands', () => {
    for (const odd of [{ upgrade: 'h2c' }, { 'sec-websocket-version': '8' }]) {
      const refusal = checkRequest({ ...REQUEST, headers: { ...HEADERS, ...odd } }) as Refusal;
      expect(refusal.headers).toEqual(
        expect.arrayContaining([
          ['Upgrade', 'websocket'],
          ['Connection', 'Upgrade'],
        ]),
      );
    }
  });
});

describe('the rest of the handshake', () => {
  it('answers the key in RFC 6455, section 1.3', () => {
    expect(acceptOf(KEY, sha1)).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  });

  it('makes keys of 16 bytes', () => {
    expect(encodeKey((size) => new Uint8Array(size))).toBe('AAAAAAAAAAAAAAAAAAAAAA==');
  });

  it('reads subprotocols in their order and refuses an invalid list of tokens', () => {
    expect(parseProtocols('a, b,c')).toEqual(['a', 'b', 'c']);
    expect(parseProtocols(['a', 'b'])).toEqual(['a', 'b']);
    expect(parseProtocols(undefined)).toEqual([]);
    for (const bad of ['', 'a,', 'a b', 'a,a', 'a/b']) expect(parseProtocols(bad)).toBeUndefined();
    expect([isProtocolName('v12.stomp'), isProtocolName('a b'), isProtocolName('')]).toEqual([true, false, false]);
  });

  it('checks the response', () => {
    const headers = { upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-accept': 'x' };
    const expected = { accept: 'x', protocols: [] };
    expect(checkResponse(headers, expected)).toBe('');
    const withProtocol = { ...headers, 'sec-websocket-protocol': 'b' };
    expect(checkResponse(withProtocol, { accept: 'x', protocols: ['a', 'b'] })).toBe('b');
    for (const bad of [
      checkResponse({ ...headers, upgrade: 'h2c' }, expected),
      checkResponse({ ...headers, connection: undefined }, expected),
      checkResponse({ ...headers, 'sec-websocket-accept': 'y' }, expected),
      checkResponse(withProtocol, expected),
      checkResponse(headers, { accept: 'x', protocols: ['a'] }),
    ]) {
      expect(bad).toBeInstanceOf(ProtocolError);
    }
  });
});
