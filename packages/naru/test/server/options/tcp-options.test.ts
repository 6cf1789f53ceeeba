import { describe, expect, it } from 'vitest';
import { readServerOptions } from '../../../src/server/options/options.js';

describe('the options of byte streams', () => {
  it('have defaults, and keep given values', () => {
    expect(readServerOptions({}).tcp).toEqual({
      records: true,
      lines: true,
      greetAfter: 250,
      prefaceTimeout: 5_000,
      lineBytesMax: 65_536,
      textEvent: 'message',
    });
    expect(readServerOptions({ tcp: { lines: false, greetAfter: undefined, textEvent: 'say' } }).tcp).toMatchObject({
      lines: false,
      greetAfter: 250,
      textEvent: 'say',
    });
  });

  it('leave at least one kind of client', () => {
    expect(() => readServerOptions({ tcp: { lines: false, records: false } })).toThrow(
      expect.objectContaining({
        code: 'BAD_OPTION',
        message: 'Options "tcp.records" and "tcp.lines" are both off: leave one on.',
      }),
    );
  });
});
