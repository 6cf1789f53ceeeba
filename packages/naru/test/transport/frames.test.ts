import { describe, expect, it } from 'vitest';
import { encodeFrame, encodeMaskedFrame } from '../../../../test/kit/frames/websocket.js';
import { systemRandom } from '../../src/base/id.js';
import { FIN, OPCODE } from '../../src/protocol/websocket/frame.js';
import {
  encodeClientFrame,
  encodeMaskedTextFrame,
  encodeServerFrame,
  encodeServerHeader,
  encodeTextFrame,
} from '../../src/transport/frames.js';

const TEXTS = [
  '',
  'a',
  'é',
  '😀'.repeat(10),
  'x'.repeat(41),
  'ü'.repeat(42),
  'x'.repeat(125),
  'x'.repeat(126),
  'x'.repeat(70_000),
  `${'x'.repeat(50)}é`,
  '€'.repeat(30_000),
];
const counting = { ...systemRandom, bytes: (size: number) => Uint8Array.from({ length: size }, (_, index) => index) };

describe('frames', () => {
  it('encodes text as encodeFrame does, at every size', () => {
    for (const text of TEXTS) expect(encodeTextFrame(text)).toEqual(encodeFrame(OPCODE.text, Buffer.from(text)));
    expect(encodeTextFrame('\ud800')).toEqual(encodeFrame(OPCODE.text, Buffer.from('\ufffd')));
  });

  it('encodes binary frames, and headers alone', () => {
    const payload = Buffer.alloc(70_000, 7);
    const frame = encodeServerFrame(FIN | OPCODE.binary, payload);
    expect(frame).toEqual(encodeFrame(OPCODE.binary, payload));
    expect(Buffer.concat([encodeServerHeader(FIN | OPCODE.binary, payload.length), payload])).toEqual(frame);
  });

  it("masks a client's data with a new key for each frame", () => {
    expect(encodeMaskedTextFrame('hi', counting)).toEqual(
      encodeMaskedFrame(OPCODE.text, Buffer.from('hi'), Buffer.from([0, 1, 2, 3])),
    );
    const next = encodeClientFrame(FIN | OPCODE.binary, Buffer.from([9]), counting);
    expect(next).toEqual(encodeMaskedFrame(OPCODE.binary, Buffer.from([9]), Buffer.from([4, 5, 6, 7])));
    const keys = new Set(Array.from({ length: 3000 }, () => encodeMaskedTextFrame('', systemRandom).readUInt32BE(2)));
    expect(keys.size).toBeGreaterThan(2990);
  });
});
