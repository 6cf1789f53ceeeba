import { describe, expect, it } from 'vitest';
import { encodeError } from '../../../src/protocol/json-event/error.js';

describe('encodeError', () => {
  it('writes the code, the text and the details', () => {
    expect(encodeError({ code: 'A', message: 'b"' })).toBe('{"error":{"code":"A","message":"b\\""}}');
    expect(encodeError({ code: 'A', message: 'b', room: 'c', data: [1] }, 0)).toBe(
      '{"error":{"code":"A","message":"b","room":"c","data":[1]},"id":0}',
    );
  });

  it('leaves out details that cannot be written', () => {
    expect(encodeError({ code: 'A', message: 'b', data: 1n })).toBe('{"error":{"code":"A","message":"b","data":null}}');
  });
});
