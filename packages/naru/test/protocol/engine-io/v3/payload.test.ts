import { describe, expect, it } from 'vitest';
import {
  decodeBinaryPayload,
  decodePayload,
  encodeBase64Unit,
  encodeBinaryPayload,
  encodePayload,
} from '../../../../src/protocol/engine-io/v3/payload.js';

const bytes = (...values: number[]) => Uint8Array.from(values);
const error = (code: string) => expect.objectContaining({ name: 'ProtocolError', code });
const badPayload = error('EIO_BAD_PAYLOAD');

describe('Engine.IO 3 payload as text', () => {
  it('counts in UTF-16 code units', () => {
    expect(encodePayload(['4hello', '2'])).toBe('6:4hello1:2');
    expect(encodePayload(['4\u20ac', '4\ud83d\ude00'])).toBe('2:4\u20ac3:4\ud83d\ude00');
    expect(encodePayload([bytes(4, 1, 2, 3), '2'])).toBe('6:b4AQID1:2');
    expect(encodePayload([])).toBe('0:');
  });

  it('reads its own output', () => {
    const units = ['4a:b', bytes(4, 1, 2, 3), '4\ud83d\ude00\u20ac', '2probe', bytes(4)];
    expect(decodePayload(encodePayload(units), 5)).toEqual(units);
    expect(decodePayload('0:', 0)).toEqual([]);
    expect(decodePayload('1:20:1:3', 2)).toEqual(['2', '3']);
  });

  it.each([
    '',
    '6',
    ':',
    '1',
    'a:2',
    '-1:2',
    '1.0:2',
    '1e0:2',
    ' 1:2',
    '0x1:2',
    '2:2',
    '1:2x',
    '1:21:',
    '1:2:',
    '9999999999:2',
    '99999999999999999999:2',
    '+1:2',
  ])('refuses %j', (body) => {
    expect(() => decodePayload(body, 10)).toThrow(badPayload);
  });

  it('writes bytes as base64 for clients that read only text', () => {
    expect(encodeBase64Unit(bytes(4, 1, 2, 3))).toBe('b4AQID');
    expect(encodeBase64Unit(bytes(4))).toBe('b4');
  });

  it.each(['b', 'b7AQID', 'bxAQID', 'b4AQ', 'b4*QID', 'bAQID'])('refuses %j as base64', (unit) => {
    expect(() => decodePayload(`${unit.length}:${unit}`, 10)).toThrow('bad payload: bad base64');
  });

  it('refuses too many packets', () => {
    expect(decodePayload('1:21:2', 2)).toHaveLength(2);
    expect(() => decodePayload('1:21:2', 1)).toThrow(error('EIO_TOO_MANY_PACKETS'));
  });
});

describe('Engine.IO 3 payload as bytes', () => {
  it('counts in bytes, with the digits as numbers', () => {
    expect(encodeBinaryPayload(['4\u20ac', bytes(4, 1)])).toEqual(
      bytes(0, 4, 255, 52, 0xe2, 0x82, 0xac, 1, 2, 255, 4, 1),
    );
    const long = encodeBinaryPayload([`4${'a'.repeat(119)}`]);
    expect([...long.subarray(0, 5)]).toEqual([0, 1, 2, 0, 255]);
    expect(encodeBinaryPayload([])).toEqual(bytes());
  });

  it('reads its own output', () => {
    const units = ['4a', bytes(4, 1, 255, 0), '4\ud83d\ude00\u20ac', '2', bytes(4)];
    expect(decodeBinaryPayload(encodeBinaryPayload(units), 5)).toEqual(units);
  });

  it.each([
    ['nothing', []],
    ['an unknown kind', [2, 1, 255, 50]],
    ['no length', [0, 255, 50]],
    ['a length of zero', [0, 0, 255]],
    ['a digit beyond 9', [0, 10, 255, 50]],
    ['a digit in ASCII', [0, 49, 255, 50]],
    ['a length without end', [0, 1, 2, 3]],
    ['a length of ten digits', [0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 255, 50]],
    ['a packet cut short', [0, 2, 255, 50]],
    ['bytes behind the last packet', [0, 1, 255, 50, 0]],
    ['text that is not UTF-8', [0, 2, 255, 52, 0xff]],
  ])('refuses %s', (_what, body) => {
    expect(() => decodeBinaryPayload(Uint8Array.from(body), 10)).toThrow(badPayload);
  });

  it('refuses a payload that is cut anywhere but between packets', () => {
    const body = encodeBinaryPayload(['4ab\u20ac', bytes(4, 1, 2), `4${'x'.repeat(20)}`]);
    const ends = [0, 9, 15, body.length];
    for (let end = 1; end < body.length; end += 1) {
      if (ends.includes(end)) continue;
      expect(() => decodeBinaryPayload(body.subarray(0, end), 10), `cut at ${end}`).toThrow(badPayload);
    }
    expect(decodeBinaryPayload(body.subarray(0, 9), 10)).toEqual(['4ab\u20ac']);
  });

  it('refuses too many packets', () => {
    expect(() => decodeBinaryPayload(encodeBinaryPayload(['2', '2']), 1)).toThrow(error('EIO_TOO_MANY_PACKETS'));
  });
});
