import { describe, expect, it } from 'vitest';
import { formatExtensions, parseExtensions } from '../../../src/protocol/websocket/extensions.js';

describe('extensions', () => {
  it('reads names and parameters, quoted or not, over several headers', () => {
    expect(parseExtensions('a; b; c=1; d="2" , e')).toEqual([
      {
        name: 'a',
        params: [
          ['b', true],
          ['c', '1'],
          ['d', '2'],
        ],
      },
      { name: 'e', params: [] },
    ]);
    expect(parseExtensions(['a', 'b'])).toEqual(parseExtensions('a, b'));
    expect(parseExtensions(undefined)).toEqual([]);
  });

  it.each(['', ',', 'a,', 'a;', 'a;;b', 'a b', 'a; b=', 'a; b="', 'a; b="c d"', 'a; b=c=d', 'a; =b', 'ä', 'a; b=""'])(
    'refuses "%s"',
    (text) => {
      expect(parseExtensions(text)).toBeUndefined();
    },
  );

  it('refuses an endless list', () => {
    expect(parseExtensions(Array(33).fill('a').join())).toBeUndefined();
    expect(parseExtensions(Array(32).fill('a').join())).toHaveLength(32);
  });

  it('writes text that it reads back', () => {
    const text = 'permessage-deflate; server_no_context_takeover; server_max_window_bits=9, x';
    expect(formatExtensions(parseExtensions(text) ?? [])).toBe(text);
  });
});
