import { describe, expect, it } from 'vitest';
import { cleanLine, cleanText, countOf, foldName, isReservedName } from '../shared/clean.js';

describe('clean text', () => {
  it('keeps what people write, in any script, emoji with joiners included', () => {
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

  it('drops what cannot be seen or turns the line around', () => {
    expect(cleanText('a\u202eb\u2066c\u200bd\u0000e\ufefff\u00adg')).toBe('abcdefg');
    expect(cleanText('\u3164\u115f')).toBe('');
  });

  it('flattens stacks of marks', () => {
    expect(countOf(cleanText(`z${'\u0335\u0336\u0337'.repeat(30)}`))).toBeLessThanOrEqual(3);
  });

  it('keeps paragraphs, and not a screen of empty lines', () => {
    expect(cleanText('a\r\n\r\n\r\n\r\nb')).toBe('a\n\nb');
  });

  it('brings a name to one line', () => {
    expect(cleanLine(' a \n b\t c ')).toBe('a b c');
  });
});

describe('names', () => {
  it('fold look-alikes together', () => {
    expect(foldName('Ｎight  Market')).toBe(foldName('night-market'));
    expect(foldName('가나')).toBe('가나');
  });

  it('are reserved for the service however they are written', () => {
    for (const name of ['SYSTEM', 'sys tem', 'ａｄｍｉｎ', 'Official News', '관리자', '나 루'])
      expect(isReservedName(name)).toBe(true);
    for (const name of ['Insomniacs', '고양이', 'Trains']) expect(isReservedName(name)).toBe(false);
  });
});
