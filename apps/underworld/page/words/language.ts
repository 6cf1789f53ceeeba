/** Chooses the words, and words what the server sends as numbers. */
import type { Card, Station } from '../../shared/wire.js';
import { ADJECTIVES, LANDMARKS, type Language, NOUNS } from '../../shared/words.js';
import { en, type Words } from './en.js';
import { ko } from './ko.js';

export type { Words };

/** The phrases of a language. */
export function wordsOf(language: Language): Words {
  return language === 'ko' ? ko : en;
}

/** A made-up name in a language. */
export function nameOf(card: Card, language: Language): string {
  const [adjective, noun, number] = card.name;
  return `${ADJECTIVES[adjective]?.[language] ?? ''} ${NOUNS[noun]?.[language] ?? ''} ${number}`.trim();
}

/** The name of a station: worded for a permanent one, as its maker wrote it for the others. */
export function stationName(station: Pick<Station, 'id' | 'name'>, language: Language): string {
  return LANDMARKS.find(({ id }) => id === station.id)?.name[language] ?? station.name;
}

/** A line about a permanent station. */
export function stationAbout(station: Pick<Station, 'id'>, language: Language): string {
  return LANDMARKS.find(({ id }) => id === station.id)?.about[language] ?? '';
}

/** The language that a browser asks for. */
export function languageFor(wanted: readonly string[]): Language {
  const first = wanted.find((tag) => /^(ko|en)\b/i.test(tag));
  return first?.toLowerCase().startsWith('ko') ? 'ko' : 'en';
}
