import { describe, expect, it } from 'vitest';
import { settleServerOptions } from '../../../src/server/options/options.js';
import { settleTcpOptions } from '../../../src/server/options/tcp-options.js';

describe('the options of byte streams', () => {
  it('have defaults, and keep what is given', () => {
    expect(settleTcpOptions()).toEqual({
      records: true,
      lines: true,
      greetAfter: 250,
      prefaceTimeout: 5_000,
      lineBytesMax: 65_536,
      textEvent: 'message',
    });
    expect(settleTcpOptions({ lines: false, greetAfter: undefined, textEvent: 'say' })).toMatchObject({
      lines: false,
      greetAfter: 250,
      textEvent: 'say',
    });
  });

  it.each([
    [{ greetAfter: 0 }, '"tcp.greetAfter" is 0; give a number from 1'],
    [{ prefaceTimeout: 2 ** 31 }, '"tcp.prefaceTimeout"'],
    [{ lineBytesMax: 15 }, '"tcp.lineBytesMax" is 15'],
    [{ textEvent: '' }, '"tcp.textEvent" is no name'],
    [{ lines: false, records: false }, 'both off'],
  ])('%j cannot be, and the server says so at once', (options, message) => {
    expect(() => settleTcpOptions(options)).toThrow(message);
    expect(() => settleServerOptions({ tcp: options })).toThrow(message);
  });
});
