import { describe, expect, it } from 'vitest';
import { encodeError } from '../src/error-frame.js';

describe('encodeError', () => {
  it('explains the error to programs and to people', () => {
    expect(encodeError({ message: 'a: b', code: 'X', receipt: '7' }, '1.2')).toBe(
      'ERROR\nmessage:a\\c b\ncode:X\nreceipt-id:7\ncontent-type:text/plain\ncontent-length:76\n\n' +
        'a: b. This is about the frame with the receipt 7. The connection is closed.\n\0',
    );
  });

  it('carries the data of a refusal as JSON', () => {
    expect(encodeError({ message: 'no', data: { a: 1 } }, '1.2')).toContain(
      'content-type:application/json\ncontent-length:31\n\n{"message":"no","data":{"a":1}}\0',
    );
    expect(encodeError({ message: 'no', data: 1n }, '1.2')).toContain('{"message":"no"}\0');
  });

  it('ends a sentence once', () => {
    expect(encodeError({ message: 'Try again later.' }, '1.2')).toContain(
      '\n\nTry again later. The connection is closed.\n',
    );
    expect(encodeError({ message: 'Who?' }, '1.2')).toContain('\n\nWho? The connection is closed.\n');
  });

  it('writes without escapes to a client of unknown version', () => {
    expect(encodeError({ message: 'a\nb: c' }, '1.0')).toContain('message:a b: c\n');
  });
});
