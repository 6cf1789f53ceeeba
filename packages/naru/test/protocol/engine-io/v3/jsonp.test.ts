import { describe, expect, it } from 'vitest';
import { decodeJsonpBody, encodeJsonpResponse } from '../../../../src/protocol/engine-io/v3/jsonp.js';

/** The form of a page, as engine.io-client 3 fills it. */
const form = (payload: string) =>
  `d=${encodeURIComponent(payload.replace(/\\n/g, '\\\n').replace(/\n/g, '\\n')).replace(/%20/g, '+')}`;

describe('Engine.IO 3 over script tags', () => {
  it('writes a call with the payload', () => {
    expect(encodeJsonpResponse('0', '1:6')).toBe('___eio[0]("1:6");');
    expect(encodeJsonpResponse('12', 'a"b\u2028\u2029\n')).toBe('___eio[12]("a\\"b\\u2028\\u2029\\n");');
  });

  it('writes only digits of the index into the script', () => {
    expect(encodeJsonpResponse('1](alert(1));//', '')).toBe('___eio[11]("");');
    expect(encodeJsonpResponse('abc', '')).toBe('___eio[]("");');
  });

  it.each([
    '5:4abcd',
    '9:42["a+b"]',
    '6:4\ud83d\ude00\u20acab',
    '7:4a\nb\n\nc',
    '8:42["\\n"]',
    '9:4\\x\\\\y%&=',
    '3:4\\\r',
  ])('reads %j from a form', (payload) => {
    expect(decodeJsonpBody(form(payload))).toBe(payload);
  });

  it('finds the field among others', () => {
    expect(decodeJsonpBody('a=1&d=1%3A2&b=3')).toBe('1:2');
    expect(decodeJsonpBody('d=')).toBe('');
    expect(decodeJsonpBody('d=1:2&d=1:3')).toBe('1:2');
  });

  it.each(['', 'x', 'dd=1', 'a=d=1', 'd', 'd=%', 'd=%zz', 'd=%ff'])('refuses %j', (body) => {
    expect(() => decodeJsonpBody(body)).toThrow(expect.objectContaining({ code: 'EIO_BAD_PAYLOAD' }));
  });
});
