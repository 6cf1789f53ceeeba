/** The memory of this tab across a reload. Only the language, the theme and the sound stay in the browser. */
import { Memory } from 'naru-apps-kit/page/memory.js';
import { MAP_VERSION } from '../../shared/world/map.js';

/** The memory. */
export const memory = new Memory('arena');

/** The ticket of this tab: a random number that nobody else knows. It keeps the place of a player. */
export function ticketOfTab(): string {
  return memory.secret('ticket');
}

/** The number of the made-up name that this tab has chosen. */
export function turnOfTab(): number {
  const turn = memory.read('tab', 'turn');
  return typeof turn === 'number' ? turn : 0;
}

/**
 * Whether the page has to be loaded again, because the server has a newer map. It returns true once for each map, in
 * case the server still serves the older page.
 */
export function isOutdated(map: number): boolean {
  if (map <= MAP_VERSION || memory.read('tab', 'map') === map) return false;
  memory.write('tab', 'map', map);
  return true;
}
