import { describe, expect, it } from 'vitest';
import { fc } from '../../../../../test/kit/fast-check.js';
import { encodeFrame, encodeMaskedFrame, type FrameOptions } from '../../../../../test/kit/frames/websocket.js';
import { concatBytes, encodeUtf8 } from '../../../src/base/bytes.js';
import { type DecoderRules, FrameDecoder, type FrameSink } from '../../../src/protocol/websocket/decoder.js';
import { OPCODE } from '../../../src/protocol/websocket/frame.js';
import { isLent, type MaskMemory, maskMemory } from '../../../src/protocol/websocket/mask-memory.js';

const SERVER: DecoderRules = {
  isMasked: true,
  allowCompressed: false,
  messageBytesMax: 1_000,
  fragmentsMax: 4,
  isUtf8: undefined,
};
const CLIENT: DecoderRules = { ...SERVER, isMasked: false };
const KEY = Uint8Array.from([0x37, 0xfa, 0x21, 0x3d]);

const sink: FrameSink<string[]> = {
  onText: (log, text) => void log.push(`text ${text}`),
  onBinary: (log, data) => void log.push(`binary ${[...data]}`),
  onCompressed: (log, data, isText) => void log.push(`compressed ${isText} ${[...data]}`),
  onPing: (log, payload) => void log.push(`ping ${[...payload]}`),
  onPong: (log, payload) => void log.push(`pong ${[...payload]}`),
  onCloseFrame: (log, code, reason) => void log.push(`close ${code} ${reason}`),
  onViolation: (log, error) => void log.push(`${error.code} ${error.message}`),
};

function decodeAll(rules: DecoderRules, chunks: readonly Uint8Array[]): string[] {
  const decoder = new FrameDecoder(rules);
  const log: string[] = [];
  for (const chunk of chunks) decoder.decode(Buffer.from(chunk), 0, sink, log);
  return log;
}

const bytes = (...values: number[]) => Uint8Array.from(values);
const masked = (opcode: number, payload: string | Uint8Array, options?: FrameOptions) =>
  encodeMaskedFrame(opcode, typeof payload === 'string' ? encodeUtf8(payload) : payload, KEY, options);

/** Expects the same result whole, cut at every position, and byte by byte. */
function expectAlways(rules: DecoderRules, stream: Uint8Array, expected: readonly string[]): void {
  expect(decodeAll(rules, [stream])).toEqual(expected);
  expect(
    decodeAll(
      rules,
      [...stream].map((byte) => bytes(byte)),
    ),
  ).toEqual(expected);
  for (let cut = 1; cut < stream.length; cut += 1) {
    expect(decodeAll(rules, [stream.subarray(0, cut), stream.subarray(cut)])).toEqual(expected);
  }
}

describe('FrameDecoder', () => {
  it('reads the examples in RFC 6455, section 5.7', () => {
    expectAlways(CLIENT, bytes(0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f), ['text Hello']);
    expectAlways(SERVER, bytes(0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58), ['text Hello']);
    expectAlways(CLIENT, bytes(0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f), ['text Hello']);
    expectAlways(CLIENT, bytes(0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f), ['ping 72,101,108,108,111']);
    expectAlways(SERVER, bytes(0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58), [
      'pong 72,101,108,108,111',
    ]);
  });

  it('reads a mixed stream the same however it is cut', () => {
    const stream = concatBytes([
      masked(OPCODE.text, 'one'),
      masked(OPCODE.text, ''),
      masked(OPCODE.text, 'zwei ü €', { isFinal: false }),
      masked(OPCODE.ping, 'p'),
      masked(OPCODE.continuation, '', { isFinal: false }),
      masked(OPCODE.continuation, '😀'),
      masked(OPCODE.binary, bytes(1, 2, 3)),
      masked(OPCODE.binary, '', { isFinal: false }),
      masked(OPCODE.pong, ''),
      masked(OPCODE.continuation, ''),
      masked(OPCODE.text, 'x'.repeat(200)),
      masked(OPCODE.close, concatBytes([bytes(3, 232), encodeUtf8('bye')])),
      masked(OPCODE.text, 'never read'),
    ]);
    expectAlways(SERVER, stream, [
      'text one',
      'text ',
      'ping 112',
      'text zwei ü €😀',
      'binary 1,2,3',
      'pong ',
      'binary ',
      `text ${'x'.repeat(200)}`,
      'close 1000 bye',
    ]);
  });

  it.each([
    ['a reserved bit', bytes(0xa1, 0x80), 'a reserved bit is set'],
    ['compression that was not agreed', bytes(0xc1, 0x80), 'the bit for compression is set where it may not be'],
    ['opcode 3', bytes(0x83, 0x80), 'opcode 3 is reserved'],
    ['opcode 11', bytes(0x8b, 0x80), 'opcode 11 is reserved'],
    ['a fragmented ping', bytes(0x09, 0x80), 'a control frame is fragmented'],
    ['a ping of 126 bytes', bytes(0x89, 0xfe), 'a control frame with more than 125 bytes'],
    ['a frame without mask', bytes(0x81, 0x01), 'a client must mask its frames'],
    ['a continuation of nothing', bytes(0x80, 0x80), 'a continuation without a message to continue'],
    ['125 in two size bytes', bytes(0x81, 0xfe, 0, 125, 0, 0, 0, 0), 'a payload size in more bytes than it needs'],
    ['65535 in eight size bytes', bytes(0x81, 0xff, 0, 0, 0, 0, 0, 0, 255, 255), 'a payload size in more bytes'],
    ['a size of 2^63', bytes(0x82, 0xff, 128, 0, 0, 0, 0, 0, 0, 0), 'a payload size of 2^63 bytes or more'],
  ])('refuses %s at once', (_what, head, message) => {
    for (const cut of [1, head.length]) {
      const log = decodeAll(SERVER, [masked(OPCODE.text, 'ok'), head.subarray(0, cut), head.subarray(cut)]);
      expect(log[0]).toBe('text ok');
      expect(log[1]).toContain(`WS_BAD_FRAME ${message}`);
      expect(log).toHaveLength(2);
    }
  });

  it('refuses a masked frame as a client', () => {
    expectAlways(CLIENT, masked(OPCODE.text, 'x'), ['WS_BAD_FRAME a server must not mask its frames']);
  });

  it('refuses a new message inside a fragmented one', () => {
    const stream = concatBytes([masked(OPCODE.text, 'a', { isFinal: false }), masked(OPCODE.text, 'b')]);
    expectAlways(SERVER, stream, ['WS_BAD_FRAME a new message inside a fragmented one']);
  });

  it('refuses a message above the limit from its header, before its payload', () => {
    const stream = masked(OPCODE.binary, new Uint8Array(1_001));
    expect(decodeAll(SERVER, [stream.subarray(0, 8)])).toEqual([
      'WS_MESSAGE_TOO_BIG message exceeds the limit of 1000 bytes',
    ]);
    expect(decodeAll(SERVER, [masked(OPCODE.binary, new Uint8Array(1_000))])).toHaveLength(1);
    const fragments = [masked(OPCODE.binary, new Uint8Array(600), { isFinal: false })];
    fragments.push(masked(OPCODE.continuation, new Uint8Array(401)).subarray(0, 8));
    expect(decodeAll(SERVER, fragments)).toEqual(['WS_MESSAGE_TOO_BIG message exceeds the limit of 1000 bytes']);
    const huge = bytes(0x82, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0);
    expect(decodeAll(SERVER, [huge])).toEqual(['WS_MESSAGE_TOO_BIG message exceeds the limit of 1000 bytes']);
  });

  it('refuses more fragments than allowed', () => {
    const fragment = masked(OPCODE.continuation, '', { isFinal: false });
    const stream = concatBytes([masked(OPCODE.text, '', { isFinal: false }), fragment, fragment, fragment, fragment]);
    expectAlways(SERVER, stream, ['WS_TOO_MANY_FRAGMENTS message exceeds the limit of 4 fragments']);
  });

  it('finds invalid UTF-8 before the frame is complete', () => {
    const stream = masked(
      OPCODE.text,
      concatBytes([encodeUtf8('κόσμε'), bytes(0xf4, 0x90, 0x80, 0x80), encodeUtf8('x')]),
    );
    expect(decodeAll(SERVER, [stream.subarray(0, 6 + 11)])).toEqual([]);
    expect(decodeAll(SERVER, [stream.subarray(0, 6 + 12 + 1)])).toEqual(['WS_BAD_UTF8 a text message is not UTF-8']);
    expectAlways(SERVER, stream, ['WS_BAD_UTF8 a text message is not UTF-8']);
  });

  it('refuses a text message that ends inside a character, fragmented or not', () => {
    expectAlways(SERVER, masked(OPCODE.text, bytes(0xce)), ['WS_BAD_UTF8 a text message is not UTF-8']);
    const stream = concatBytes([
      masked(OPCODE.text, bytes(0xe2, 0x82), { isFinal: false }),
      masked(OPCODE.continuation, ''),
    ]);
    expectAlways(SERVER, stream, ['WS_BAD_UTF8 a text message is not UTF-8']);
  });

  it('accepts a genuine U+FFFD and keeps a byte order mark', () => {
    expectAlways(SERVER, masked(OPCODE.text, '\ufeffa\ufffdb'), ['text \ufeffa\ufffdb']);
  });

  it.each([
    ['nothing', '', 'close 1005 '],
    ['one byte', bytes(3), 'WS_BAD_FRAME a close frame with a payload of 1 byte'],
    ['code 1005', bytes(3, 0xed), 'WS_BAD_CLOSE_CODE close code 1005 is not allowed'],
    ['a bad reason', bytes(3, 0xe8, 0xff), 'WS_BAD_UTF8 the reason of a close frame is not UTF-8'],
    ['code 4999', bytes(0x13, 0x87), 'close 4999 '],
  ])('reads a close frame with %s', (_what, payload, expected) => {
    expectAlways(SERVER, masked(OPCODE.close, payload), [expected]);
  });

  it('stays ended after a violation and after a close frame', () => {
    for (const last of [bytes(0x83, 0x80), masked(OPCODE.close, '')]) {
      const decoder = new FrameDecoder(SERVER);
      const log: string[] = [];
      decoder.decode(last, 0, sink, log);
      expect(decoder.isEnded).toBe(true);
      decoder.resume();
      decoder.decode(masked(OPCODE.text, 'later'), 0, sink, log);
      expect(log).toHaveLength(1);
    }
  });

  it('stops after the message in which it was halted, and continues from there', () => {
    const decoder = new FrameDecoder(SERVER);
    const log: string[] = [];
    const halting: FrameSink<string[]> = {
      ...sink,
      onText(_, text) {
        log.push(text);
        decoder.halt();
      },
    };
    const chunk = concatBytes([masked(OPCODE.text, 'a'), masked(OPCODE.text, 'b')]);
    const at = decoder.decode(chunk, 0, halting, log);
    expect([log, at]).toEqual([['a'], 7]);
    expect(decoder.decode(chunk, at, halting, log)).toBe(7);
    decoder.resume();
    expect(decoder.decode(chunk, at, halting, log)).toBe(14);
    expect(log).toEqual(['a', 'b']);
  });

  it('knows where to continue when the sink throws', () => {
    const decoder = new FrameDecoder(SERVER);
    const log: string[] = [];
    const throwing: FrameSink<string[]> = {
      ...sink,
      onText() {
        throw new RangeError('listener');
      },
    };
    const chunk = concatBytes([masked(OPCODE.text, 'a'), masked(OPCODE.text, 'b')]);
    expect(() => decoder.decode(chunk, 0, throwing, log)).toThrow('listener');
    expect(decoder.offset).toBe(7);
    decoder.decode(chunk, decoder.offset, sink, log);
    expect(log).toEqual(['text b']);
  });

  it('returns compressed messages unchanged if compression was agreed on', () => {
    const rules = { ...SERVER, allowCompressed: true };
    const stream = concatBytes([
      masked(OPCODE.text, bytes(7, 0xff), { isCompressed: true, isFinal: false }),
      masked(OPCODE.continuation, bytes(9)),
      masked(OPCODE.binary, bytes(1), { isCompressed: true }),
    ]);
    expectAlways(rules, stream, ['compressed true 7,255,9', 'compressed false 1']);
    const bad = concatBytes([
      masked(OPCODE.text, bytes(7), { isCompressed: true, isFinal: false }),
      masked(OPCODE.continuation, bytes(9), { isCompressed: true }),
    ]);
    expectAlways(rules, bad, ['WS_BAD_FRAME the bit for compression is set where it may not be']);
  });

  it('reads as a client what encodeFrame writes, at every size where the header changes', () => {
    const rules = { ...CLIENT, messageBytesMax: 70_000 };
    for (const size of [0, 1, 125, 126, 127, 65_535, 65_536]) {
      const log = decodeAll(rules, [encodeFrame(OPCODE.binary, new Uint8Array(size).fill(7))]);
      expect(log).toEqual([`binary ${Array(size).fill(7)}`]);
    }
  });

  it('limits a compressed message, whole and in fragments', () => {
    const rules = { ...SERVER, allowCompressed: true };
    // 1,000 bytes may grow to 2,028 if they do not compress.
    for (const first of [0xc1, 0xc2]) {
      const most = masked(first & 0x0f, new Uint8Array(2_028));
      const more = masked(first & 0x0f, new Uint8Array(2_029));
      most[0] = first;
      more[0] = first;
      expect(decodeAll(rules, [most])[0]).toMatch(/^compressed/);
      const tooBig = ['WS_MESSAGE_TOO_BIG message exceeds the limit of 1000 bytes'];
      expect(decodeAll(rules, [more])).toEqual(tooBig);
      expect(decodeAll(rules, [more.subarray(0, 20), more.subarray(20)])).toEqual(tooBig);
    }
  });

  it('reads large messages the same however they are cut, and keeps nothing of memory that is used again', () => {
    const { reads } = maskMemory() as MaskMemory;
    const rules = { ...SERVER, messageBytesMax: 200_000 };
    const message = fc.record({
      kind: fc.constantFrom('ascii', 'text', 'bytes'),
      size: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 90_000 })),
      fragmentAt: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
      hasPing: fc.boolean(),
    });
    const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 });
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 4 }), cuts, fc.boolean(), (messages, places, lends) => {
        const frames: Uint8Array[] = [];
        const expected: (string | Buffer)[] = [];
        for (const { kind, size, fragmentAt, hasPing } of messages) {
          const text = (kind === 'ascii' ? 'ferry ' : 'fähre €😀').repeat(Math.ceil(size / 6)).slice(0, size);
          const payload = kind === 'bytes' ? Buffer.alloc(size, 'bytes') : Buffer.from(text);
          const opcode = kind === 'bytes' ? OPCODE.binary : OPCODE.text;
          const cut = fragmentAt === null ? undefined : Math.floor(fragmentAt * payload.length);
          frames.push(masked(opcode, payload.subarray(0, cut), { isFinal: cut === undefined }));
          if (hasPing) frames.push(masked(OPCODE.ping, 'p'));
          if (hasPing && cut !== undefined) expected.push('ping 112');
          if (cut !== undefined) frames.push(masked(OPCODE.continuation, payload.subarray(cut)));
          expected.push(kind === 'bytes' ? payload : String(payload));
          if (hasPing && cut === undefined) expected.push('ping 112');
        }
        const stream = concatBytes(frames);
        const ends = [...places.map((place) => Math.floor(place * stream.length)), stream.length].sort((a, b) => a - b);
        const log: (string | Buffer)[] = [];
        const decoder = new FrameDecoder(rules);
        const keeping: FrameSink<unknown> = {
          ...(sink as FrameSink<unknown>),
          onText: (_, text) => void log.push(text),
          onBinary: (_, data) => {
            expect(isLent(data)).toBe(false);
            log.push(data as Buffer);
          },
          onPing: (_, payload) => void log.push(`ping ${[...payload]}`),
        };
        let from = 0;
        for (const end of ends) {
          for (let at = from; at < end; at += reads.length) {
            const piece = stream.subarray(at, Math.min(end, at + reads.length));
            const chunk = lends ? reads.subarray(0, piece.length) : new Uint8Array(piece.length);
            chunk.set(piece);
            decoder.decode(chunk, 0, keeping, undefined);
            // The next read of any connection writes here.
            if (lends) chunk.fill(0xee);
          }
          from = end;
        }
        expect(log).toHaveLength(expected.length);
        for (const [index, item] of expected.entries()) {
          const got = log[index] as string | Buffer;
          const isSame = typeof item === 'string' ? got === item : Buffer.compare(got as Buffer, item) === 0;
          expect(isSame, `message ${index}`).toBe(true);
        }
      }),
      { numRuns: 80 },
    );
  });
});
