import { describe, expect, it } from 'vitest';
import { createDecoder, ERROR, encodePacket, splitNamespace } from '../../../../src/protocol/socket-io/v4/packet.js';

describe('Socket.IO 4 packet', () => {
  it('writes CONNECT without the session that protocol 5 names', () => {
    expect(encodePacket({ type: 0, nsp: '/', data: { sid: 'x' } })).toEqual(['0']);
    expect(encodePacket({ type: 0, nsp: '/admin', data: { sid: 'x' } })).toEqual(['0/admin,']);
  });

  it('writes any JSON in an ERROR', () => {
    expect(encodePacket({ type: ERROR, nsp: '/', data: 'Invalid namespace' })).toEqual(['4"Invalid namespace"']);
    expect(encodePacket({ type: ERROR, nsp: '/a', data: [1] })).toEqual(['4/a,[1]']);
  });

  it('writes events and acks as protocol 5 does', () => {
    const bytes = Buffer.from([1]);
    expect(encodePacket({ type: 2, nsp: '/a', id: 1, data: ['x'] })).toEqual(['2/a,1["x"]']);
    expect(encodePacket({ type: 3, nsp: '/', id: 1, data: [bytes] })).toEqual([
      '61-1[{"_placeholder":true,"num":0}]',
      bytes,
    ]);
  });

  it.each([
    ['0/admin?token=1,', { type: 0, nsp: '/admin?token=1' }],
    ['0/admin', { type: 0, nsp: '/admin' }],
    ['0null', { type: 0, nsp: '/', data: null }],
    ['4"Invalid namespace"', { type: 4, nsp: '/', data: 'Invalid namespace' }],
    ['4[1]', { type: 4, nsp: '/', data: [1] }],
    ['4/a,{"message":"x"}', { type: 4, nsp: '/a', data: { message: 'x' } }],
    ['4', { type: 4, nsp: '/' }],
    ['2["a"]', { type: 2, nsp: '/', data: ['a'] }],
    ['50-["a",{}]', { type: 2, nsp: '/', data: ['a', {}] }],
  ])('reads %j', (text, packet) => {
    expect(createDecoder().add(text)).toEqual(packet);
  });

  it.each(['2', '2{}', '2["connect"]', '3{}', '1{}', '0[]', '0"x"', '4{', '4undefined'])('refuses %j', (text) => {
    expect(() => createDecoder().add(text)).toThrow(expect.objectContaining({ code: 'SIO_BAD_PACKET' }));
  });

  it('keeps the limits of protocol 5', () => {
    expect(() => createDecoder({ attachmentsMax: 1 }).add('52-["a"]')).toThrow(
      expect.objectContaining({ code: 'SIO_TOO_MANY_ATTACHMENTS' }),
    );
    expect(() => createDecoder({ depthMax: 1 }).add('2["a",[]]')).toThrow(
      expect.objectContaining({ code: 'SIO_TOO_DEEP' }),
    );
  });

  it('separates a namespace and its query', () => {
    expect(splitNamespace('/admin')).toEqual({ nsp: '/admin', query: {} });
    expect(splitNamespace('/admin?')).toEqual({ nsp: '/admin', query: {} });
    expect(splitNamespace('/admin?token=a%20b+c&x=1&x=2&x=3&y')).toEqual({
      nsp: '/admin',
      query: { token: 'a b c', x: ['1', '2', '3'], y: '' },
    });
    expect(splitNamespace('/a?b?c=%zz')).toEqual({ nsp: '/a', query: { 'b?c': '%zz' } });
  });

  it('never changes a prototype by a query', () => {
    const { query } = splitNamespace('/a?__proto__=x&constructor=y');
    expect(Object.getPrototypeOf(query)).toBe(Object.prototype);
    expect(Object.keys(query)).toEqual(['__proto__', 'constructor']);
  });
});
