/** How people on plain wires write the name of a station: each spelling is a room of the engine, and what is said there is worded in its language. */
import { stationName } from '../../shared/naming.js';
import type { Station } from '../../shared/protocol.js';
import { isForPages } from '../../shared/rooms.js';
import type { Language } from '../../shared/words.js';

type Named = Pick<Station, 'id' | 'name' | 'isPermanent'>;

/** Every way to write a station: its id, its name in each language, and these in lower case. */
export function spellingsOf(station: Named): readonly string[] {
  const names = (['en', 'ko'] as const).map((language) => stationName(station, language));
  const all = [station.id, ...names, ...names.map((name) => name.toLowerCase())];
  return [...new Set(all)].filter((spelling) => spelling !== '' && !isForPages(spelling));
}

/** How a station is called in lists: so that it can be written as it stands there. */
export function labelOf(station: Named, language: Language): string {
  if (station.isPermanent) return language === 'ko' ? stationName(station, 'ko') : station.id;
  return isForPages(station.name) ? station.id : station.name;
}

/** The language that a spelling asks for. */
export function languageOf(spelling: string): Language {
  return /\p{Script=Hangul}/u.test(spelling) ? 'ko' : 'en';
}
