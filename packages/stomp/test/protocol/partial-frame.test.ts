import { describe, expect, it } from 'vitest';
import { encodeUtf8 } from '../../../naru/src/base/bytes.js';
import { PartialFrame } from '../../src/protocol/partial-frame.js';

const LIMITS = { headersMax: 3, headerBytesMax: 100, bodyBytesMax: 10 };

function take(command: string, lines: readonly (string | Uint8Array)[]): PartialFrame {
  const frame = new PartialFrame(command, '1.2', LIMITS);
  for (const line of lines) frame.takeLine(typeof line === 'string' ? encodeUtf8(line) : line);
  return frame;
}

describe('PartialFrame', () => {
  it('keeps the first of repeated headers', () => {
    expect([...take('SEND', ['a:1', 'a:2', 'b:3']).headers]).toEqual([
      ['a', '1'],
      ['b', '3'],
    ]);
  });

  it('keeps spaces, colons and empty values', () => {
    expect([...take('SEND', [' a : b:c ', 'd:', '__proto__:x']).headers]).toEqual([
      [' a ', ' b:c '],
      ['d', ''],
      ['__proto__', 'x'],
    ]);
  });

  it('counts repeated headers too', () => {
    expect(() => take('SEND', ['a:1', 'a:2', 'a:3', 'a:4'])).toThrow('more than 3 headers');
  });

  it('knows the size of the body after the empty line', () => {
    const frame = take('SEND', ['content-length:10', '']);
    expect([frame.isInBody, frame.bodySize]).toEqual([true, 10]);
    expect(take('SEND', ['']).bodySize).toBeUndefined();
  });

  it.each([
    [['content-length:11', ''], 'more than 10 bytes'],
    [['content-length:-1', ''], 'must be a size'],
    [['content-length: 1', ''], 'must be a size'],
    [['content-length:0x1', ''], 'must be a size'],
    [['content-length:', ''], 'must be a size'],
    [['no colon'], 'no colon'],
    [[':x'], 'no name'],
    [['a:b\0'], 'NUL'],
    [['a:b\rc'], 'carriage return'],
    [['a:\\t'], 'escape'],
    [[Uint8Array.of(0x61, 0x3a, 0xff)], 'UTF-8'],
  ])('refuses %j', (lines, message) => {
    expect(() => take('SEND', lines)).toThrow(message);
  });

  it('allows a body only in some frames', () => {
    expect(() => take('ACK', ['content-length:1', ''])).toThrow('ACK frames must not have a body');
    expect(take('ACK', ['content-length:0', '']).bodySize).toBe(0);
  });

  it('accepts a genuine U+FFFD', () => {
    expect(take('SEND', ['a:\ufffd']).headers.get('a')).toBe('\ufffd');
  });
});
