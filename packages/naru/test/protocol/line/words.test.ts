import { describe, expect, it } from 'vitest';
import { liveBytes } from '../../../../../test/kit/memory.mjs';
import {
  escapeHarmful,
  readValues,
  readWord,
  skipSpaces,
  writeText,
  writeValues,
  writeWord,
} from '../../../src/protocol/line/words.js';

const values = (line: string) => readValues(line, 0, 100);

describe('words', () => {
  it('end at a space, or are quoted', () => {
    expect(readWord('  lobby  say', 0)).toEqual({ text: 'lobby', end: 7 });
    expect(readWord('"my \\"room\\"" say', 0)).toEqual({ text: 'my "room"', end: 13 });
    expect(readWord('a\t', 1)).toBeUndefined();
    expect(() => readWord('"open', 0)).toThrow('a quote is not closed');
    expect(skipSpaces('a \t b', 1)).toBe(4);
  });

  it('do not keep the line that they come from', async () => {
    const before = liveBytes();
    const words = Array.from({ length: 500 }, (_, at) => {
      // A line comes as bytes.
      const line = Buffer.from(`the-name-of-a-room-${at}${' '.repeat(60_000)}`).toString();
      return readWord(line, 0)?.text;
    });
    await expect.poll(() => (liveBytes() - before) / 1_000_000).toBeLessThan(5);
    expect(words[499]).toBe('the-name-of-a-room-499');
  });

  it('are written so that they can be read back', () => {
    for (const text of ['lobby', '안녕', 'a b', '"', '#x', '?7', '', '/a', 'é:1', '\u001b[2J', 'x\u202ey', '!']) {
      expect(readWord(writeWord(text), 0)).toEqual({ text, end: writeWord(text).length });
    }
    expect([writeWord('lobby-1'), writeWord('my room')]).toEqual(['lobby-1', '"my room"']);
  });
});

describe('values', () => {
  it('follow one another with spaces between them', () => {
    expect(values(' "a b" {"c":[1,"}"]}\t-1.5e3 true null [ 1 , 2 ]')).toEqual([
      'a b',
      { c: [1, '}'] },
      -1500,
      true,
      null,
      [1, 2],
    ]);
    expect(values('')).toEqual([]);
  });

  it.each(['hello', '"a" b', '{"a":1', '"open', '[1}', '"a""b"x', '01', '{"a":1}]'])('are not in %j', (line) => {
    expect(values(line)).toBeUndefined();
  });

  it('carry bytes, and are refused with invalid ones', () => {
    expect(values('{"$bytes":"AQI="}')).toEqual([Buffer.from([1, 2])]);
    expect(() => values('{"$bytes":"?"}')).toThrow('base64');
  });

  it('are refused when they are nested too deeply', () => {
    expect(() => values(`${'['.repeat(101)}${']'.repeat(101)}`)).toThrow('more than 100 levels');
  });

  it('are written so that they can be read back, without characters that a terminal acts on', () => {
    const all = [
      '\u001b]0;title\u0007',
      '\u009b2J',
      '\u007f\u0000\r\n',
      '\u202egnp',
      { '\u2066': 1 },
      Buffer.from([9]),
    ];
    const text = writeValues(all);
    expect(text).toMatch(/^[\x20-\x7e]*$/);
    expect(values(text)).toEqual(all);
    expect(writeValues(['안녕 👩‍👩‍👧'])).toBe('"안녕 👩‍👩‍👧"');
  });
});

describe('text for people', () => {
  it('keeps its quotes, and shows harmful characters', () => {
    expect(writeText('may not enter "a\\b"\u001b[31m')).toBe('may not enter "a\\b"\\u001b[31m');
    expect(escapeHarmful('"\u0085"')).toBe('"\\u0085"');
  });
});
