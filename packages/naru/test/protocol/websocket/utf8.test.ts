import { isUtf8 } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { isUtf8Range, UTF8_INVALID, UTF8_START, validateUtf8 } from '../../../src/protocol/websocket/utf8.js';

const CHECKS = [
  ['ours', undefined],
  ["the platform's", isUtf8],
] as const;

describe.each(CHECKS)('validateUtf8 with %s check', (_name, check) => {
  it('agrees with the platform on every sequence of two bytes, and on three and four around the limits', () => {
    const edges = [
      0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff,
    ];
    const sequences: number[][] = [];
    for (let first = 0; first < 256; first += 1)
      for (let second = 0; second < 256; second += 1) sequences.push([first, second]);
    for (const a of edges) for (const b of edges) for (const c of edges) sequences.push([a, b, c]);
    for (const a of edges)
      for (const b of edges) for (const c of edges) sequences.push([a, b, c, 0x80], [a, b, c, 0x41]);
    for (const sequence of sequences) {
      const bytes = Uint8Array.from(sequence);
      if (isUtf8Range(bytes, 0, bytes.length, check) !== isUtf8(bytes)) throw new Error(sequence.join(' '));
    }
  });

  it('finds the first invalid byte, in one range or many', () => {
    const bytes = Buffer.from('cebae1bdb9cf83cebcceb5f4908080656469746564', 'hex');
    expect(validateUtf8(UTF8_START, bytes, 0, 12, check)).toBeGreaterThan(UTF8_START);
    expect(validateUtf8(UTF8_START, bytes, 0, 13, check)).toBe(UTF8_INVALID);
    let state = UTF8_START;
    for (let at = 0; at < 12; at += 1) state = validateUtf8(state, bytes, at, at + 1, check);
    expect(state).toBeGreaterThan(UTF8_START);
    state = validateUtf8(state, bytes, 12, 13, check);
    expect(state).toBe(UTF8_INVALID);
    expect(validateUtf8(state, bytes, 13, 21, check)).toBe(UTF8_INVALID);
  });

  it('accepts long text cut anywhere, and refuses it with one changed byte', () => {
    const bytes = Buffer.from('añ€😀'.repeat(40));
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const state = validateUtf8(UTF8_START, bytes, 0, cut, check);
      expect(validateUtf8(state, bytes, cut, bytes.length, check)).toBe(UTF8_START);
    }
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = 0xff;
      expect(validateUtf8(UTF8_START, changed, 0, changed.length, check)).toBe(UTF8_INVALID);
    }
  });
});
