/**
 * Names in sentences and in lines of evidence. Programs and clients choose them freely, so a name may have line breaks,
 * or look like a line of evidence. Some names have secrets, which are left out.
 */
import { shownRoom } from 'naru/taps';

/** The most characters of a name, of a list of names, and the most names of a list. */
const [NAME_MAX, LIST_MAX, NAMES_MAX] = [200, 200, 10];
/** Names of this kind need no quotation marks. Ids, offsets and most namespaces are of it. */
const PLAIN = /^[\w./-]{1,200}$/;

/** Returns the beginning of a name in quotation marks, as a text of JSON. Another node may tell something else. */
export function quoted(name: unknown): string {
  const text = typeof name === 'string' ? shownRoom(name) : String(JSON.stringify(name));
  return inOneLine(JSON.stringify(text.slice(0, NAME_MAX)));
}

/** Returns a name as it is if nothing else can be taken for it, and in quotation marks otherwise. */
export function plain(name: string): string {
  return PLAIN.test(name) ? shownRoom(name) : quoted(name);
}

/** Returns the first of some names in quotation marks, and how many others there are. */
export function listed(names: readonly string[], none: string): string {
  const shown: string[] = [];
  let size = 0;
  for (const name of names.slice(0, NAMES_MAX)) {
    if (size >= LIST_MAX) break;
    shown.push(quoted(name));
    size += Math.min(name.length, NAME_MAX);
  }
  const others = names.length - shown.length;
  return `${shown.join(', ') || none}${others > 0 ? ` and ${others} others` : ''}`;
}

/** Escapes line breaks, which would forge a line of evidence, and characters that a terminal may obey. */
export function inOneLine(text: string): string {
  return text.replace(
    /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu,
    (one) => `\\u${(one.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}
