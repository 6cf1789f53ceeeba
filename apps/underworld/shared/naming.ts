/** Names of stations in words: permanent stations cross the wire as ids, and get their names here. */
import type { Language } from 'naru-apps-kit/shared/words.js';
import type { Station } from './protocol.js';
import { LANDMARKS } from './words.js';

/** The name of a station: in the language for a permanent one, as its maker wrote it for the others. */
export function stationName(station: Pick<Station, 'id' | 'name'>, language: Language): string {
  return LANDMARKS.find(({ id }) => id === station.id)?.name[language] ?? station.name;
}

/** A line about a permanent station. */
export function stationAbout(station: Pick<Station, 'id'>, language: Language): string {
  return LANDMARKS.find(({ id }) => id === station.id)?.about[language] ?? '';
}
