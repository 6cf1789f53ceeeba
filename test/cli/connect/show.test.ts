import { describe, expect, it } from 'vitest';
import { plain, showBytes, showFrame } from '../../../src/cli/connect/show.js';

describe('what is shown', () => {
  it('writes what a terminal acts on as escapes', () => {
    expect(plain('\u001b[2J\r\n\t\u0000\u007f\u009b\u202e한글 😀')).toBe(
      '\\u001b[2J\\r\\n\\t\\u0000\\u007f\\u009b\\u202e한글 😀',
    );
  });

  it('shows a frame line by line, each harmless', () => {
    expect(showFrame('MESSAGE\r\nid:1\n\nbody\u0007\rmore')).toBe('MESSAGE\n    id:1\n    \n    body\\u0007\\rmore');
  });

  it('cuts what is very long', () => {
    expect(plain('x'.repeat(4_000))).toHaveLength(4_000);
    expect(plain('x'.repeat(5_000))).toMatch(/^x{4000}… \(5000 characters\)$/);
  });

  it('shows the first bytes of many', () => {
    expect(showBytes(Uint8Array.of(9, 0, 255, 9).subarray(1, 3))).toBe('<2 bytes 00ff>');
    expect(showBytes(new Uint8Array(33))).toBe(`<33 bytes ${'00'.repeat(32)}…>`);
    expect(showBytes(new Uint8Array(0))).toBe('<0 bytes >');
  });
});
