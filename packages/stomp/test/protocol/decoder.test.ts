import { describe, expect, it } from 'vitest';
import { encodeBinaryFrame } from '../../../../test/kit/frames/stomp.js';
import { decodeUtf8, encodeUtf8 } from '../../../naru/src/base/bytes.js';
import { StompDecoder } from '../../src/protocol/decoder.js';
import { CLIENT_COMMANDS } from '../../src/protocol/frame.js';
import type { StompVersion } from '../../src/protocol/version.js';

const LIMITS = { headersMax: 8, headerBytesMax: 200, bodyBytesMax: 300 };

function read(chunks: readonly Uint8Array[], version: StompVersion | undefined): string[] {
  const decoder = new StompDecoder(LIMITS, CLIENT_COMMANDS);
  decoder.version = version;
  const log: string[] = [];
  try {
    for (const chunk of chunks) {
      decoder.push(Buffer.from(chunk));
      for (let frame = decoder.next(); frame; frame = decoder.next()) {
        const headers = [...frame.headers].map((header) => header.join('='));
        log.push([frame.command, ...headers, `<${decodeUtf8(frame.body)}>`].join(' '));
      }
    }
  } catch (error) {
    log.push(`! ${(error as Error).message}${decoder.receipt === undefined ? '' : ` for ${decoder.receipt}`}`);
    decoder.push(encodeUtf8('SEND\n\n\0'));
    if (decoder.next() !== undefined) log.push('read on behind an error');
  }
  return log;
}

/** Expects the same result whole, cut at every position, and byte by byte. */
function expectAlways(stream: string | Uint8Array, expected: readonly string[], version?: StompVersion): void {
  const bytes = typeof stream === 'string' ? encodeUtf8(stream) : stream;
  expect(read([bytes], version)).toEqual(expected);
  const single = [...bytes].map((byte) => Uint8Array.of(byte));
  expect(read(single, version)).toEqual(expected);
  for (let cut = 1; cut < bytes.length; cut += 1) {
    expect(read([bytes.subarray(0, cut), bytes.subarray(cut)], version)).toEqual(expected);
  }
}

describe('StompDecoder', () => {
  it('reads the example of the specification', () => {
    expectAlways('SEND\ndestination:/queue/a\ncontent-type:text/plain\n\nhello queue a\n\0', [
      'SEND destination=/queue/a content-type=text/plain <hello queue a\n>',
    ]);
  });

  it('reads consecutive frames, with and without line ends between them', () => {
    expectAlways('\n\nBEGIN\ntransaction:1\n\n\0COMMIT\ntransaction:1\n\n\0\n\r\n\nABORT\n\n\0\n', [
      'BEGIN transaction=1 <>',
      'COMMIT transaction=1 <>',
      'ABORT <>',
    ]);
  });

  it('reads a body by its size, with NULs and line ends in it', () => {
    const body = Uint8Array.of(0, 10, 13, 0, 127);
    const frame = encodeBinaryFrame('SEND', [], body, '1.2');
    expectAlways(Buffer.concat([frame, frame]), Array(2).fill(`SEND content-length=5 <${decodeUtf8(body)}>`));
  });

  it('reads CR LF as a line end in 1.2, and before a version is agreed on', () => {
    const stream = 'SEND\r\ndestination:/a\r\n\r\nbody\r\n\0\r\n';
    expectAlways(stream, ['SEND destination=/a <body\r\n>'], '1.2');
    expectAlways(stream, ['SEND destination=/a <body\r\n>']);
  });

  it('leaves out the padding of STOMP 1.0, and of a client that names no version', () => {
    expectAlways(
      'SEND\ndestination: /topic/a b\ncontent-length: 1\n\nx\0',
      ['SEND destination=/topic/a b content-length=1 <x>'],
      '1.0',
    );
    expectAlways('SEND\na: b\n\n\0', ['SEND a= b <>'], '1.1');
    expectAlways('CONNECT\nlogin: ann\n\n\0', ['CONNECT login=ann <>']);
    expectAlways('CONNECT\nlogin: ann\naccept-version:1.2\n\n\0', ['CONNECT login= ann accept-version=1.2 <>']);
  });

  it.each(['1.0', '1.1'] as const)('reads CR as a character in %s', (version) => {
    expectAlways('SEND\na:b\r\n\n\0', ['SEND a=b\r <>'], version);
    expectAlways(
      'SEND\r\na:b\r\n\r\n\0',
      ['! unexpected command "SEND?"; lines may end with CR LF only in STOMP 1.2'],
      version,
    );
  });

  it('unescapes as the version does, and never CONNECT', () => {
    expectAlways('SEND\na\\cb:c\\\\\\n\\r\n\n\0', ['SEND a:b=c\\\n\r <>'], '1.2');
    expectAlways('SEND\na:\\r\n\n\0', ['! header line 1 has an escape that STOMP 1.1 does not know'], '1.1');
    expectAlways('SEND\na:\\r\\\n\n\0', ['SEND a=\\r\\ <>'], '1.0');
    expectAlways('CONNECT\nlogin:a\\cb:c\n\n\0', ['CONNECT login=a\\cb:c <>'], '1.2');
  });

  it('uses a new version from the next frame on', () => {
    const decoder = new StompDecoder(LIMITS, CLIENT_COMMANDS);
    decoder.push(encodeUtf8('CONNECT\na:\\c\n\n\0SEND\na:\\c\n\n\0'));
    expect(decoder.next()?.headers.get('a')).toBe('\\c');
    decoder.version = '1.2';
    expect(decoder.next()?.headers.get('a')).toBe(':');
  });

  it('refuses invalid frames, after the frames before them', () => {
    const good = 'BEGIN\n\n\0';
    expectAlways(`${good}GET / HTTP/1.1\r\n\r\n`, ['BEGIN <>', '! a line is longer than any STOMP command']);
    expectAlways(`${good}\0BEGIN\n\n\0`, ['BEGIN <>', '! unexpected command "?BEGIN"']);
    expectAlways('MESSAGE\n\n\0', ['! unexpected command "MESSAGE"']);
    expectAlways('send\n\n\0', ['! unexpected command "send"']);
    expectAlways(`${good}rest\n\n\0`, ['BEGIN <>', '! a frame begins with no command of STOMP']);
  });

  it('refuses a body of another size than stated', () => {
    expectAlways('SEND\ncontent-length:3\n\nabcd\0', ['! the body is longer than its content-length of 3 bytes']);
    expectAlways('SEND\ncontent-length:5\nreceipt:r\n\nabc\0BEGIN\n\n\0', [
      '! the body is longer than its content-length of 5 bytes for r',
    ]);
  });

  it('refuses a body in a frame that may not have one', () => {
    expectAlways('ACK\nid:1\n\nbody\0', ['! ACK frames must not have a body']);
  });

  it('limits headers and body', () => {
    expectAlways(`SEND\na:${'x'.repeat(196)}\n\n\0`, [`SEND a=${'x'.repeat(196)} <>`]);
    expectAlways(`SEND\na:${'x'.repeat(199)}\n\n\0`, ['! the headers of a frame have more than 200 bytes']);
    expectAlways(`SEND\nreceipt:1\n${'a:b\n'.repeat(8)}\n\0`, ['! a frame has more than 8 headers for 1']);
    expectAlways(`SEND\n\n${'x'.repeat(300)}\0`, [`SEND <${'x'.repeat(300)}>`]);
    expectAlways(`SEND\n\n${'x'.repeat(301)}`, ['! the body has more than 300 bytes']);
    expectAlways('SEND\ncontent-length:301\n\n', ['! the body has more than 300 bytes']);
  });

  it('keeps pushed data until it is read', () => {
    const decoder = new StompDecoder(LIMITS, CLIENT_COMMANDS);
    decoder.push(encodeUtf8('BEGIN\n\n\0'));
    decoder.push(encodeUtf8('ABORT\n\n\0'));
    expect(decoder.waitingBytes).toBe(16);
    expect(decoder.next()?.command).toBe('BEGIN');
    expect(decoder.waitingBytes).toBe(8);
    expect(decoder.next()?.command).toBe('ABORT');
    expect(decoder.waitingBytes).toBe(0);
    expect(decoder.next()).toBeUndefined();
  });

  it('accepts no data after its end', () => {
    const decoder = new StompDecoder(LIMITS, CLIENT_COMMANDS);
    decoder.push(encodeUtf8('BEGIN\n\n\0'));
    decoder.end();
    decoder.push(encodeUtf8('BEGIN\n\n\0'));
    expect([decoder.next(), decoder.waitingBytes]).toEqual([undefined, 0]);
  });
});
