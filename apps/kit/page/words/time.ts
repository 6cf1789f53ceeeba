/** The time of a message in words. */
import type { Language } from '../../shared/words.js';

/** The time of day, with the day of the week when it is not today. */
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

/** Formatters are made once, because making one takes longer than drawing a message. */
const formats = new Map<string, Intl.DateTimeFormat>();
