/** Names in words: people and permanent stations cross the wire as numbers and ids, and get their names here. */
import type { Card, Station } from './protocol.js';
import { ADJECTIVES, LANDMARKS, type Language, NOUNS } from './words.js';

/** A made-up name in a language. */
export function nameOf(card: Pick<Card, 'name'>, language: Language): string {
  const [adjective, noun, number] = card.name;
  return `${ADJECTIVES[adjective]?.[language] ?? ''} ${NOUNS[noun]?.[language] ?? ''} ${number}`.trim();
}

/** The name of a station: in the language for a permanent one, as its maker wrote it for the others. */
export function stationName(station: Pick<Station, 'id' | 'name'>, language: Language): string {
  return LANDMARKS.find(({ id }) => id === station.id)?.name[language] ?? station.name;
}

/** A line about a permanent station. */
export function stationAbout(station: Pick<Station, 'id'>, language: Language): string {
  return LANDMARKS.find(({ id }) => id === station.id)?.about[language] ?? '';
}

/** The first known language in a list of tags. */
export function languageFor(wanted: readonly string[]): Language {
  const first = wanted.find((tag) => /^(ko|en)\b/i.test(tag));
  return first?.toLowerCase().startsWith('ko') ? 'ko' : 'en';
}
