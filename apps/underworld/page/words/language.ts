/** Chooses the words. */
import type { Language } from 'naru-apps-kit/shared/words.js';
import { en, type Words } from './en.js';
import { ko } from './ko.js';

export { languageFor, nameOf } from 'naru-apps-kit/shared/naming.js';
export { stationAbout, stationName } from '../../shared/naming.js';
export type { Words };

/** The phrases of a language. */
export function wordsOf(language: Language): Words {
  return language === 'ko' ? ko : en;
}
