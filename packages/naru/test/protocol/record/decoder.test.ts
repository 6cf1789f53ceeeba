import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import type { ProtocolError } from '../../../src/base/errors.js';
import { RecordDecoder, type RecordSink } from '../../../src/protocol/record/decoder.js';
import { encodeRecord } from '../../../src/protocol/record/encode.js';
import { writeRecordHeader } from '../../../src/protocol/record/header.js';

interface Seen {
  readonly units: (string | number[])[];
  readonly codes: string[];
}

const SINK: RecordSink<Seen> = {
  onUnit: (seen, unit) => seen.units.push(typeof unit === 'string' ? unit : [...unit]),
  onViolation: (seen, error: ProtocolError) => seen.codes.push(error.code),
};

/** Returns what a decoder finds in chunks. */
function read(chunks: readonly Uint8Array[], bytesMax = 1_000_000): Seen {
  const decoder = new RecordDecoder(bytesMax);
  const seen: Seen = { units: [], codes: [] };
  for (const chunk of chunks) decoder.decode(Buffer.from(chunk), 0, SINK, seen);
  return seen;
}

const UNITS = ['4hello', '2', '', '4안녕 🚢 \ufffd', `4${'y'.repeat(300)}`, 'end'];
const STREAM = Buffer.concat([
  ...UNITS.map(encodeRecord),
  encodeRecord(Uint8Array.of(0, 128, 255)),
  encodeRecord(new Uint8Array(0)),
]);
const WHOLE: Seen = { units: [...UNITS, [0, 128, 255], []], codes: [] };

describe('RecordDecoder', () => {
  it('reads records that arrive whole', () => {
    expect(read([STREAM])).toEqual(WHOLE);
  });

  it('reads the same when the stream is cut in two', () => {
    for (let at = 0; at <= STREAM.length; at += 1) {
      expect(read([STREAM.subarray(0, at), STREAM.subarray(at)])).toEqual(WHOLE);
    }
  });

  it('reads the same byte by byte', () => {
    expect(read([...STREAM].map((byte) => Uint8Array.of(byte)))).toEqual(WHOLE);
  });

  it('begins at a given place, such as after a preface', () => {
    const seen: Seen = { units: [], codes: [] };
    const decoder = new RecordDecoder(100);
    decoder.decode(Buffer.concat([Buffer.from('NARU1\n'), encodeRecord('4a')]), 6, SINK, seen);
    expect(seen.units).toEqual(['4a']);
    expect(decoder.isInside).toBe(false);
  });

  it('accepts a record at the limit, and refuses one more byte from the header on', () => {
    expect(read([encodeRecord('x'.repeat(200))], 200).units).toHaveLength(1);
    expect(read([encodeRecord('x'.repeat(201)).subarray(0, 3)], 200).codes).toEqual(['RECORD_TOO_BIG']);
    expect(read([encodeRecord(new Uint8Array(201)).subarray(0, 3)], 200).codes).toEqual(['RECORD_TOO_BIG']);
    expect(read([Uint8Array.of(127, 0), Buffer.alloc(7, 0xff)], 200).codes).toEqual(['RECORD_TOO_BIG']);
  });

  it('reads nothing after a violation', () => {
    const stream = Buffer.concat([encodeRecord('4a'), encodeRecord('x'.repeat(50)), encodeRecord('4b')]);
    expect(read([stream, encodeRecord('4c')], 10)).toEqual({ units: ['4a'], codes: ['RECORD_TOO_BIG'] });
  });

  it.each([
    ['a continuation byte', [0x80]],
    ['an overlong form', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a cut character', [0x61, 0xe2, 0x82]],
  ])('refuses text with %s', (_name, bytes) => {
    const record = Buffer.from([bytes.length, ...bytes]);
    expect(read([record]).codes).toEqual(['RECORD_BAD_UTF8']);
    expect(read([...record].map((byte) => Buffer.of(byte))).codes).toEqual(['RECORD_BAD_UTF8']);
  });

  it('holds little memory for a peer that announces much', () => {
    const decoder = new RecordDecoder(100_000_000);
    const seen: Seen = { units: [], codes: [] };
    const stream = Buffer.alloc(1_000);
    writeRecordHeader(stream, 0, true, 90_000_000);
    const before = process.memoryUsage().arrayBuffers;
    decoder.decode(stream, 0, SINK, seen);
    expect(decoder.isInside).toBe(true);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
  });

  it('copies a small binary record out of a large chunk, so that the chunk can be freed', () => {
    const kept: Uint8Array[] = [];
    const sink: RecordSink<undefined> = {
      onUnit: (_context, unit) => typeof unit !== 'string' && kept.push(unit),
      onViolation: () => undefined,
    };
    const chunk = Buffer.concat([encodeRecord(Uint8Array.of(1, 2)), Buffer.alloc(100)]);
    new RecordDecoder(1_000).decode(chunk, 0, sink, undefined);
    chunk.fill(9);
    expect([...(kept[0] ?? [])]).toEqual([1, 2]);
  });

  it('stops in the middle of a chunk when its sink ends it', () => {
    const units: unknown[] = [];
    const decoder = new RecordDecoder(100);
    const sink: RecordSink<undefined> = {
      onUnit(_context, unit) {
        units.push(unit);
        decoder.end();
      },
      onViolation: () => undefined,
    };
    decoder.decode(Buffer.concat([encodeRecord('a'), encodeRecord('b')]), 0, sink, undefined);
    expect([units, decoder.isEnded]).toEqual([['a'], true]);
  });
});
