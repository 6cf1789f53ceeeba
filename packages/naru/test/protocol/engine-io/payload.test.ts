import { describe, expect, it } from 'vitest';
import { decodePayload, encodePayload } from '../../../src/protocol/engine-io/payload.js';

const bytes = (...values: number[]) => Uint8Array.from(values);
const plain = (units: (string | Uint8Array)[]) => units.map((unit) => (typeof unit === 'string' ? unit : [...unit]));

describe('Engine.IO 4 payload', () => {
  it('writes the example of the specification', () => {
    expect(encodePayload(['4hello', '2', '4world'])).toBe('4hello\x1e2\x1e4world');
    expect(encodePayload(['4hello', bytes(1, 2, 3, 4)])).toBe('4hello\x1ebAQIDBA==');
  });

  it('writes one unit, no unit and empty bytes', () => {
    expect(encodePayload(['6'])).toBe('6');
    expect(encodePayload([bytes(255)])).toBe('b/w==');
    expect(encodePayload([bytes(), '2'])).toBe('b\x1e2');
    expect(encodePayload([])).toBe('');
  });

  it('reads its own output', () => {
    const units = ['4a', bytes(1, 2, 3, 4), '2probe', bytes(), '4\u00e9\ud83d\ude00'];
    expect(plain(decodePayload(encodePayload(units), 5))).toEqual(plain(units));
  });

  it('leaves packets of unknown type to the packet decoder', () => {
    expect(decodePayload('abc', 1)).toEqual(['abc']);
  });

  it.each(['', '\x1e', '4a\x1e', '\x1e4a', '4a\x1e\x1e4b', 'bA', '4a\x1ebAA=A', 'b AQID', 'bAQI'])(
    'refuses %j',
    (body) => {
      expect(() => decodePayload(body, 10)).toThrow(expect.objectContaining({ code: 'EIO_BAD_PAYLOAD' }));
    },
  );

  it('refuses one packet more than allowed and accepts exactly as many', () => {
    expect(decodePayload('4a\x1e4b\x1e4c', 3)).toHaveLength(3);
    expect(() => decodePayload('4a\x1e4b\x1e4c', 2)).toThrow(expect.objectContaining({ code: 'EIO_TOO_MANY_PACKETS' }));
  });
});
