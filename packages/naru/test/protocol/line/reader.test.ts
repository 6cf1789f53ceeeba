import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../src/base/errors.js';
import { LineReader } from '../../../src/protocol/line/reader.js';

/** Returns the lines in chunks. An error is represented by its code. */
function read(chunks: readonly (string | Uint8Array)[], bytesMax = 1_000): string[] {
  const reader = new LineReader(bytesMax);
  const lines: string[] = [];
  for (const chunk of chunks) {
    reader.push(Buffer.from(chunk));
    for (let isMore = true; isMore; ) {
      try {
        const line = reader.next();
        isMore = line !== undefined;
        if (line !== undefined) lines.push(line);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
        lines.push((error as ProtocolError).code);
        if ((error as ProtocolError).code === 'LINE_TOO_LONG') return lines;
      }
    }
  }
  return lines;
}

const STREAM = Buffer.from('hello\r\n\n안녕 🚢\nto the end\r\n\r\na\rb\r\r\nlast\n');
const LINES = ['hello', '', '안녕 🚢', 'to the end', '', 'a\rb\r', 'last'];

describe('LineReader', () => {
  it('reads lines that end with LF or CR LF', () => {
    expect(read([STREAM])).toEqual(LINES);
  });

  it('reads the same when the stream is cut in two, and byte by byte', () => {
    for (let at = 0; at <= STREAM.length; at += 1)
      expect(read([STREAM.subarray(0, at), STREAM.subarray(at)])).toEqual(LINES);
    expect(read([...STREAM].map((byte) => Uint8Array.of(byte)))).toEqual(LINES);
  });

  it('returns nothing for a line without an end', () => {
    const reader = new LineReader(100);
    expect([reader.next(), reader.isInside]).toEqual([undefined, false]);
    reader.push(Buffer.from('half'));
    expect([reader.isInside, reader.next(), reader.isInside]).toEqual([true, undefined, true]);
    reader.push(Buffer.from(' and half\nmore'));
    expect([reader.next(), reader.isInside, reader.next()]).toEqual(['half and half', true, undefined]);
  });

  it('keeps unread data when the next chunk arrives', () => {
    const reader = new LineReader(100);
    reader.push(Buffer.from('one\ntwo\nth'));
    expect(reader.next()).toBe('one');
    reader.push(Buffer.from('ree\n'));
    expect([reader.next(), reader.next(), reader.next()]).toEqual(['two', 'three', undefined]);
  });

  it('accepts a line at the limit with any end, and refuses one more byte at once', () => {
    for (const end of ['\n', '\r\n']) {
      expect(read([`${'x'.repeat(10)}${end}`], 10)).toEqual(['x'.repeat(10)]);
      expect(read([...`${'x'.repeat(10)}${end}`], 10)).toEqual(['x'.repeat(10)]);
      expect(read([`${'x'.repeat(11)}${end}`], 10)).toEqual(['LINE_TOO_LONG']);
    }
    expect(read([...'x'.repeat(11)], 10)).toEqual(['LINE_TOO_LONG']);
    expect(read(['x'.repeat(10), '\r', 'x'], 10)).toEqual(['LINE_TOO_LONG']);
  });

  it('continues after a line that is not UTF-8', () => {
    expect(read([Buffer.from([0xff, 0xf1, 0xc0, 0x0a]), 'next\n', Buffer.from([0x61, 0xe2, 0x82, 0x0a])])).toEqual([
      'LINE_BAD',
      'next',
      'LINE_BAD',
    ]);
    expect(read(['\ufffd is a character\n'])).toEqual(['\ufffd is a character']);
  });

  it('removes telnet negotiation, cut anywhere', () => {
    const stream = Buffer.from([
      ...[0xff, 0xfd, 0x03, 0xff, 0xfb, 0x0a, 0x68],
      ...[0xff, 0xf1, 0x69, 0xff, 0xfa, 0x18, 0x0a, 0x78, 0xff, 0xff, 0xff, 0xf0, 0x21, 0x0d, 0x0a],
    ]);
    for (let at = 0; at <= stream.length; at += 1)
      expect(read([stream.subarray(0, at), stream.subarray(at)])).toEqual(['hi!']);
  });

  it('reports endless negotiation as a line that is too long', () => {
    const endless = Buffer.alloc(200, 0x41);
    endless.set([0xff, 0xfa]);
    expect(read([endless], 100)).toEqual(['LINE_TOO_LONG']);
    expect(read([Buffer.alloc(200, Buffer.from([0xff, 0xf1]))], 100)).toEqual(['LINE_TOO_LONG']);
  });
});
