/** Words when something was said. */
import type { Language } from '../../shared/words.js';

/** The time of day, with the day of the week where that is not today. */
export function timeOf(at: number, language: Language): string {
  const isToday = new Date(at).toDateString() === new Date().toDateString();
  const name = `${language} ${isToday}`;
  const format = formats.get(name) ?? formatOf(language, isToday);
  formats.set(name, format);
  return format.format(at);
}

function formatOf(language: Language, isToday: boolean): Intl.DateTimeFormat {
  const day = isToday ? {} : ({ weekday: 'short' } as const);
  return new Intl.DateTimeFormat(language, { ...day, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
}

/** Made once: to make one takes longer than to draw a message. */
const formats = new Map<string, Intl.DateTimeFormat>();
