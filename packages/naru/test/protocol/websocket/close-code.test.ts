import { describe, expect, it } from 'vitest';
import { ConfigError, type ProtocolError } from '../../../src/base/errors.js';
import {
  CLOSE_CODE,
  closeCodeOf,
  decodeClosePayload,
  encodeClosePayload,
  isCloseCode,
} from '../../../src/protocol/websocket/close-code.js';

describe('close codes', () => {
  it('allows defined codes, and those for libraries and applications', () => {
    const allowed = Array.from({ length: 6000 }, (_, code) => code).filter(isCloseCode);
    const defined = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014];
    expect(allowed.slice(0, defined.length)).toEqual(defined);
    expect([allowed[defined.length], allowed.at(-1), allowed.length]).toEqual([3000, 4999, defined.length + 2000]);
    expect(isCloseCode(1000.5)).toBe(false);
  });

  it('encodes code and reason, and nothing without a code', () => {
    expect([...encodeClosePayload(1000, 'ok')]).toEqual([3, 232, 111, 107]);
    expect([...encodeClosePayload()]).toEqual([]);
    expect(() => encodeClosePayload(1005)).toThrow(ConfigError);
  });

  it.each([
    [null],
    ['1000'],
    [Symbol('x')],
    [{}],
    [5n],
    [Number.NaN],
    [1000, 5],
    [1000, null],
    [1000, Buffer.from('x')],
  ])('refuses an invalid code or reason: %o, %o', (code, reason?: unknown) => {
    expect(() => encodeClosePayload(code as never, reason as never)).toThrow(ConfigError);
  });

  it('cuts a reason that is too long before the character that does not fit', () => {
    expect(encodeClosePayload(1000, 'x'.repeat(200))).toHaveLength(125);
    const payload = encodeClosePayload(1000, '€'.repeat(50));
    expect(decodeClosePayload(payload)).toEqual({ code: 1000, reason: '€'.repeat(41) });
    const exact = encodeClosePayload(1000, `${'x'.repeat(121)}é`);
    expect(decodeClosePayload(exact)).toEqual({ code: 1000, reason: `${'x'.repeat(121)}é` });
  });

  it('reads valid payloads, and names the broken rule of others', () => {
    expect(decodeClosePayload(new Uint8Array(0))).toEqual({ code: CLOSE_CODE.noStatus, reason: '' });
    expect(decodeClosePayload(Buffer.from([0x0f, 0xa0, 0xc3, 0xbc]))).toEqual({ code: 4000, reason: 'ü' });
    const codeOf = (...bytes: number[]) => (decodeClosePayload(Buffer.from(bytes)) as ProtocolError).code;
    expect(codeOf(3)).toBe('WS_BAD_FRAME');
    expect(codeOf(0x03, 0xed)).toBe('WS_BAD_CLOSE_CODE');
    expect(codeOf(0x03, 0xe8, 0xc3)).toBe('WS_BAD_UTF8');
  });

  it('has a code for each kind of violation', () => {
    const codes = [
      'WS_BAD_FRAME',
      'WS_BAD_UTF8',
      'WS_BAD_DEFLATE',
      'WS_MESSAGE_TOO_BIG',
      'WS_TOO_MANY_FRAGMENTS',
    ] as const;
    expect(codes.map(closeCodeOf)).toEqual([1002, 1007, 1007, 1009, 1008]);
  });
});
