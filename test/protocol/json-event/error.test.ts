import { describe, expect, it } from 'vitest';
import { encodeError } from '../../../src/protocol/json-event/error.js';

describe('encodeError', () => {
  it('says what there is to say', () => {
    expect(encodeError({ code: 'A', message: 'b"' })).toBe('{"error":{"code":"A","message":"b\\""}}');
    expect(encodeError({ code: 'A', message: 'b', room: 'c', data: [1] }, 0)).toBe(
      '{"error":{"code":"A","message":"b","room":"c","data":[1]},"id":0}',
    );
  });

  it('is said also when its details cannot be', () => {
    expect(encodeError({ code: 'A', message: 'b', data: 1n })).toBe('{"error":{"code":"A","message":"b","data":null}}');
  });
});
