import { describe, expect, it } from 'vitest';
import { fuzz } from '../../../test/fuzz/websocket-random.js';
import { fuzzTimeoutMs } from '../../../test/kit/fuzz-time.js';
import { decodeInputs, encodeInputs, type Input } from '../shared/wire/input.js';

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const newest: Input = { seq: 258, direction: 64, magnitude: 15, isFiring: true, aim: 0x4001, view: 0x01020304 };
const older: Input = { seq: 257, direction: 255, magnitude: 0, isFiring: false, aim: 0xffff, view: 1 };
const message = bytes('0000000a 00000102 02  40 1f 4001 01020304  ff 00 ffff 00000001');

describe('a message with inputs', () => {
  it('is read from its bytes and written to them', () => {
    expect(decodeInputs(message)).toEqual({ ack: 10, inputs: [newest, older] });
    expect(encodeInputs({ ack: 10, inputs: [newest, older] })).toEqual(message);
  });

  it('is refused when it is cut at any position, or longer', () => {
    for (let size = 0; size < message.length; size++) expect(decodeInputs(message.subarray(0, size))).toBeUndefined();
    expect(decodeInputs(bytes(`${Buffer.from(message).toString('hex')}00`))).toBeUndefined();
  });

  it.each([
    ['no input', '0000000a 00000102 00'],
    ['a count that is not true', '0000000a 00000102 01  40 1f 4001 01020304  ff 00 ffff 00000001'],
    ['nine inputs', `0000000a 00000102 09 ${'40 1f 4001 01020304'.repeat(9)}`],
    ['unknown flags', '0000000a 00000102 01  40 20 4001 01020304'],
    ['inputs before the first', '0000000a 00000001 02  40 1f 4001 01020304  ff 00 ffff 00000001'],
  ])('is refused with %s', (_claim, hex) => {
    expect(decodeInputs(bytes(hex))).toBeUndefined();
  });

  it('has at most eight inputs and 80 bytes', () => {
    const many = Array.from({ length: 20 }, (_, index) => ({ ...newest, seq: 100 - index }));
    const written = encodeInputs({ ack: 4_294_967_295, inputs: many });
    expect(written.length).toBeLessThanOrEqual(80);
    expect(decodeInputs(written)).toEqual({ ack: 4_294_967_295, inputs: many.slice(0, 8) });
  });

  it('is read in the middle of a larger buffer', () => {
    const large = new Uint8Array(100);
    large.set(message, 7);
    expect(decodeInputs(large.subarray(7, 7 + message.length))?.inputs[0]).toEqual(newest);
  });

  it('is either refused or written back as the same bytes, whatever it is', { timeout: fuzzTimeoutMs() }, async () => {
    const runs = await fuzz((dice) => {
      const count = 1 + dice.below(9);
      const random = dice.oneIn(3) ? dice.bytes(dice.below(90)) : dice.bytes(9 + count * 8);
      if (!dice.oneIn(3) && random.length > 8) random[8] = count;
      if (!dice.oneIn(4)) for (let at = 10; at < random.length; at += 8) random[at] = dice.below(32);
      const read = decodeInputs(random);
      if (read) expect(Buffer.from(encodeInputs(read))).toEqual(random);
    });
    expect(runs).toBeGreaterThan(0);
  });
});
