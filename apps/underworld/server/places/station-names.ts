/**
 * The names of stations on plain wires. Each spelling is a room of Naru. Its language is the language of the words
 * there.
 */

import type { Language } from 'naru-apps-kit/shared/words.js';
import { stationName } from '../../shared/naming.js';
import type { Station } from '../../shared/protocol.js';
import { isForPages } from '../../shared/rooms.js';

type Named = Pick<Station, 'id' | 'name' | 'isPermanent'>;

/** All spellings of a station: its id, and its name in each language, as it is and in lower case. */
export function spellingsOf(station: Named): readonly string[] {
  const names = (['en', 'ko'] as const).map((language) => stationName(station, language));
  const all = [station.id, ...names, ...names.map((name) => name.toLowerCase())];
  return [...new Set(all)].filter((spelling) => spelling !== '' && !isForPages(spelling));
}

/** The spelling of a station in lists, which people can type as they see it. */
export function labelOf(station: Named, language: Language): string {
  if (station.isPermanent) return language === 'ko' ? stationName(station, 'ko') : station.id;
  return isForPages(station.name) ? station.id : station.name;
}

/** The language that a spelling asks for. */
export function languageOf(spelling: string): Language {
  return /\p{Script=Hangul}/u.test(spelling) ? 'ko' : 'en';
}
