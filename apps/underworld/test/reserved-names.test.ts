import { describe, expect, it } from 'vitest';
import { foldName, isReservedName } from '../shared/reserved-names.js';

describe('names', () => {
  it('are equal after folding when their letters look alike', () => {
    expect(foldName('Ｎight  Market')).toBe(foldName('night-market'));
    expect(foldName('가나')).toBe('가나');
    // Cyrillic and Greek letters that look like Latin ones.
    for (const name of ['Сentral', 'Сеntrаl', 'CENTRΑL', 'Cеntral'])
      expect([name, foldName(name)]).toEqual([name, 'central']);
    expect(isReservedName('Аdmіn')).toBe(true);
    expect(foldName('Жизнь')).not.toBe(foldName('Жизни'));
  });

  it('are reserved for the service, however they are written', () => {
    for (const name of ['SYSTEM', 'sys tem', 'ａｄｍｉｎ', 'Official News', '관리자', '나 루'])
      expect(isReservedName(name)).toBe(true);
    for (const name of ['Insomniacs', '고양이', 'Trains']) expect(isReservedName(name)).toBe(false);
  });
});
