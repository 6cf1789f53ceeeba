import { describe, expect, it } from 'vitest';
import { plain, showBytes, showFrame } from '../../src/connect/show.js';

describe('shown text', () => {
  it('has escapes for characters that a terminal acts on', () => {
    expect(plain('\u001b[2J\r\n\t\u0000\u007f\u009b\u202e한글 😀')).toBe(
      '\\u001b[2J\\r\\n\\t\\u0000\\u007f\\u009b\\u202e한글 😀',
    );
  });

  it('has a frame line by line, each line harmless', () => {
    expect(showFrame('MESSAGE\r\nid:1\n\nbody\u0007\rmore')).toBe('MESSAGE\n    id:1\n    \n    body\\u0007\\rmore');
  });

  it('is cut when it is very long', () => {
    expect(plain('x'.repeat(4_000))).toHaveLength(4_000);
    expect(plain('x'.repeat(5_000))).toMatch(/^x{4000}… \(5000 characters\)$/);
  });

  it('has the first bytes of long data', () => {
    expect(showBytes(Uint8Array.of(9, 0, 255, 9).subarray(1, 3))).toBe('<2 bytes 00ff>');
    expect(showBytes(new Uint8Array(33))).toBe(`<33 bytes ${'00'.repeat(32)}…>`);
    expect(showBytes(new Uint8Array(0))).toBe('<0 bytes >');
  });
});
