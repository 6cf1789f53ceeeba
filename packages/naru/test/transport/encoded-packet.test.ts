import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { EncodedPacket } from '../../src/transport/encoded-packet.js';

describe('EncodedPacket', () => {
  it('writes text and bytes as unmasked frames with the shortest length, once', () => {
    const text = new EncodedPacket('4é');
    expect(text.frameFor(4)).toEqual(Buffer.from([0x81, 3, 0x34, 0xc3, 0xa9]));
    expect(text.frameFor(4)).toBe(text.frameFor(4));
    expect(new EncodedPacket(Uint8Array.of(1, 2)).frameFor(4)).toEqual(Buffer.from([0x82, 2, 1, 2]));
  });

  it.each([
    [125, [0x82, 125]],
    [126, [0x82, 126, 0, 126]],
    [65_535, [0x82, 126, 0xff, 0xff]],
    [65_536, [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]],
  ])('writes the length %i as RFC 6455 does', (size, head) => {
    const frame = new EncodedPacket(new Uint8Array(size)).frameFor(4);
    expect([...frame.subarray(0, head.length)]).toEqual(head);
    expect(frame.byteLength).toBe(head.length + size);
  });

  it('gives the frame of a short ASCII text as a string once, and as bytes afterwards', () => {
    for (const text of ['', '4a', 'x'.repeat(125)]) {
      const packet = new EncodedPacket(text);
      const frame = packet.shortFrame();
      expect(frame && Buffer.from(frame, 'latin1')).toEqual(new EncodedPacket(text).frameFor(4));
      expect(packet.shortFrame()).toBeUndefined();
      expect(packet.frameFor(4)).toEqual(Buffer.from(frame ?? '', 'latin1'));
      expect(packet.frameFor(3)).toBe(packet.frameFor(4));
    }
    const others = ['x'.repeat(126), 'é', '나루', '\u{1f6a2}', '\ud800', Uint8Array.of(1)];
    for (const unit of others) expect(new EncodedPacket(unit).shortFrame()).toBeUndefined();
    const framed = new EncodedPacket('4a');
    framed.frameFor(4);
    expect(framed.shortFrame()).toBeUndefined();
  });

  it('puts the type before bytes in protocol 3, and does not change text', () => {
    const packet = new EncodedPacket(Uint8Array.of(9));
    expect(packet.unitFor(3)).toEqual(Buffer.from([4, 9]));
    expect(packet.unitFor(4)).toEqual(Uint8Array.of(9));
    expect(packet.frameFor(3)).toEqual(Buffer.from([0x82, 2, 4, 9]));
    expect(packet.frameFor(4)).toEqual(Buffer.from([0x82, 1, 9]));
    const text = new EncodedPacket('4a');
    expect(text.frameFor(3)).toBe(text.frameFor(4));
    expect(text.isBinary).toBe(false);
    expect(packet.isBinary).toBe(true);
  });

  it('writes text and bytes as records, once', () => {
    const text = new EncodedPacket('4é');
    expect(text.record()).toEqual(Buffer.from([3, 0x34, 0xc3, 0xa9]));
    expect(text.record()).toBe(text.record());
    expect(new EncodedPacket(Uint8Array.of(1, 2)).record()).toEqual(Buffer.from([0x82, 1, 2]));
  });

  it('returns its bare unit as bytes, once', () => {
    const text = new EncodedPacket('é\n');
    expect(text.bytes()).toEqual(Buffer.from('é\n'));
    expect(text.bytes()).toBe(text.bytes());
    expect(new EncodedPacket(Uint8Array.of(1, 2)).bytes()).toEqual(Buffer.from([1, 2]));
  });

  it('may be compressed by default', () => {
    expect(new EncodedPacket('4a').compress).toBe(true);
    expect(new EncodedPacket('4a', false).compress).toBe(false);
  });
});
