import { describe, expect, it } from 'vitest';
import { HandshakeText } from '../../../src/server/engine/handshake-text.js';

const TIMES = { pingInterval: 25_000, pingTimeout: 20_000, maxHttpBufferSize: 1_000_000 };

describe('HandshakeText', () => {
  it('writes JSON with the values of the options', () => {
    const text = new HandshakeText(TIMES).encode('id"', ['websocket']);
    expect(JSON.parse(text)).toEqual({
      sid: 'id"',
      upgrades: ['websocket'],
      pingInterval: 25_000,
      pingTimeout: 20_000,
      maxPayload: 1_000_000,
    });
  });

  it.each(['a', 'A'.repeat(20), 'x'.repeat(200), 'y'.repeat(1_000)])(
    'makes a whole text frame for a plain id',
    (id) => {
      const texts = new HandshakeText(TIMES);
      const frame = Buffer.from(texts.encodeFrame(id), 'latin1');
      const short = (frame[1] ?? 0) < 126;
      const size = short ? frame[1] : frame.readUInt16BE(2);
      const payload = frame.subarray(short ? 2 : 4);
      expect(frame[0]).toBe(0x81);
      expect(payload.byteLength).toBe(size);
      expect(payload.toString()).toBe(`0${texts.encode(id, [])}`);
    },
  );

  it('makes no frame for an id that needs escapes, or is too long', () => {
    const texts = new HandshakeText(TIMES);
    for (const id of ['"', 'é', 'a b', '', 'x'.repeat(1_001)]) expect(texts.encodeFrame(id) === '').toBe(true);
  });

  it('writes an unlimited size as JSON can', () => {
    const text = new HandshakeText({ ...TIMES, maxHttpBufferSize: Number.POSITIVE_INFINITY }).encode('a', []);
    expect(JSON.parse(text).maxPayload).toBeNull();
  });
});
