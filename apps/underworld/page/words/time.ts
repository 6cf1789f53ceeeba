/** Words when something was said. */
import type { Language } from '../../shared/words.js';

/** The time of day, with the day of the week where that is not today. */
export function timeOf(at: number, language: Language): string {
  const isToday = new Date(at).toDateString() === new Date().toDateString();
  const day = isToday ? {} : ({ weekday: 'short' } as const);
  return new Date(at).toLocaleTimeString(language, { ...day, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
}
