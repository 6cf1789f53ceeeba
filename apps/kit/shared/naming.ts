/** Names in words: people cross the wire as numbers, and get their names here. */
import type { Card } from './protocol.js';
import { ADJECTIVES, type Language, NOUNS } from './words.js';

/** A made-up name in a language. */
export function nameOf(card: Pick<Card, 'name'>, language: Language): string {
  const [adjective, noun, number] = card.name;
  return `${ADJECTIVES[adjective]?.[language] ?? ''} ${NOUNS[noun]?.[language] ?? ''} ${number}`.trim();
}

/** The first known language in a list of tags. */
export function languageFor(wanted: readonly string[]): Language {
  const first = wanted.find((tag) => /^(ko|en)\b/i.test(tag));
  return first?.toLowerCase().startsWith('ko') ? 'ko' : 'en';
}
