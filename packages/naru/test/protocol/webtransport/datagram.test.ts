import { describe, expect, it } from 'vitest';
import { fc } from '../../../../../test/kit/fast-check.js';
import { DatagramReader, encodeDatagram } from '../../../src/protocol/webtransport/datagram.js';

const units = fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array({ maxLength: 300 })), {
  minLength: 1,
  maxLength: 5,
});

function encode(sequence: number, message: readonly (string | Uint8Array)[] = ['42["a"]']): Uint8Array {
  return encodeDatagram(sequence, message, 10_000) ?? expect.fail('too large');
}

describe('a datagram', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(units, (message) => {
        const read = new DatagramReader().read(encode(0, message));
        expect(read?.map((unit) => (typeof unit === 'string' ? unit : [...unit]))).toEqual(
          message.map((unit) => (typeof unit === 'string' ? Buffer.from(unit).toString() : [...unit])),
        );
      }),
    );
  });

  it('is not written if it would be larger than allowed', () => {
    expect(encodeDatagram(0, ['x'.repeat(100)], 105)?.byteLength).toBe(105);
    expect(encodeDatagram(0, ['x'.repeat(101)], 105)).toBeUndefined();
    // Two bytes per character, which shows only after encoding.
    expect(encodeDatagram(0, ['é'.repeat(60)], 105)).toBeUndefined();
    expect(encodeDatagram(0, ['x'.repeat(1_000_000), new Uint8Array(10)], 105)).toBeUndefined();
  });

  it('is dropped after a newer one, also when the numbers wrap around', () => {
    const reader = new DatagramReader();
    expect(reader.read(encode(0))).toBeDefined();
    expect(reader.read(encode(0))).toBeUndefined();
    expect(reader.read(encode(5))).toBeDefined();
    expect(reader.read(encode(4))).toBeUndefined();
    expect(reader.read(encode(0x7fff_ffff))).toBeDefined();
    expect(reader.read(encode(0xffff_fff0))).toBeDefined();
    expect(reader.read(encode(3))).toBeDefined();
    expect(reader.read(encode(0xffff_ffff))).toBeUndefined();
  });

  it('is dropped when it is cut short, and does not make the next one stale', () => {
    const whole = encode(9, ['42["a"]', new Uint8Array(200)]);
    for (let size = 0; size < whole.byteLength; size += 1) {
      const read = new DatagramReader().read(whole.subarray(0, size));
      // A cut between two records cannot be noticed.
      if (size !== 12) expect(read).toBeUndefined();
    }
    const reader = new DatagramReader();
    expect(reader.read(whole.subarray(0, 30))).toBeUndefined();
    expect(reader.read(encode(1))).toBeDefined();
  });

  it('causes no error with any bytes', () => {
    const reader = new DatagramReader();
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => void reader.read(bytes)));
  });
});
