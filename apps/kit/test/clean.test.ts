import { describe, expect, it } from 'vitest';
import { cleanLine, cleanText, countOf, isBlank } from '../shared/clean.js';

describe('clean text', () => {
  it('keeps text in any script, and emoji with joiners', () => {
    for (const text of [
      '안녕하세요',
      'naïve café',
      'مرحبا',
      '👩‍👩‍👧‍👦 🏳️‍🌈',
      'a\nb',
      'नमस्ते',
      '<b>bold</b> & "quotes"',
    ]) {
      expect(cleanText(text)).toBe(text);
    }
  });

  it('removes invisible characters and changes of direction', () => {
    expect(cleanText('a\u202eb\u2066c\u200bd\u0000e\ufefff\u00adg')).toBe('abcdefg');
    expect(cleanText('\u3164\u115f')).toBe('');
  });

  it('limits the marks on a letter', () => {
    expect(countOf(cleanText(`z${'\u0335\u0336\u0337'.repeat(30)}`))).toBeLessThanOrEqual(3);
  });

  it('keeps paragraphs, and shortens runs of empty lines', () => {
    expect(cleanText('a\r\n\r\n\r\n\r\nb')).toBe('a\n\nb');
  });

  it('counts text without a visible character as blank', () => {
    for (const text of [
      '',
      ' \n\t',
      '\u200d',
      '\u200d\u200c\u200d',
      '\u0301',
      '\u2800\u2800',
      '\ufe0f',
      '\u034f',
      '\u{1d159}',
    ])
      expect([text, isBlank(cleanText(text))]).toEqual([text, true]);
    for (const text of ['.', '❤️', 'ा क', '👩‍👧', '\u2801', 'می‌خواهم'])
      expect([text, isBlank(text)]).toEqual([text, false]);
  });

  it('puts a name on one line', () => {
    expect(cleanLine(' a \n b\t c ')).toBe('a b c');
  });
});
