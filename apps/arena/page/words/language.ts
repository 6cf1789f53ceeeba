/** Chooses the words. */
import type { Language } from 'naru-apps-kit/shared/words.js';
import { en, type Words } from './en.js';
import { ko } from './ko.js';

export type { Words };

/** The phrases of a language. */
export function wordsOf(language: Language): Words {
  return language === 'ko' ? ko : en;
}
