/** Patterns of room names: text in which each `*` stands for any characters, also for none. */

/** The longest pattern, in characters. */
export const PATTERN_MAX = 128;
/** The longest name of a room that a pattern matches, so that a stranger's name costs little. */
const ROOM_MAX = 1_024;
/** The most `*` in a pattern. */
const STARS_MAX = 8;

/** Whether a text can be a pattern. */
export function isPattern(text: unknown): text is string {
  return (
    typeof text === 'string' && text !== '' && text.length <= PATTERN_MAX && text.split('*').length - 1 <= STARS_MAX
  );
}

/** A pattern, read once. It makes no regular expression, so the text of a stranger costs no more than any other. */
export class Pattern {
  readonly text: string;
  readonly #parts: readonly string[];

  constructor(text: string) {
    this.text = text;
    this.#parts = text.split('*');
  }

  /** Whether a room has a name of this pattern. */
  matches(room: string): boolean {
    if (room.length > ROOM_MAX) return false;
    const parts = this.#parts;
    const first = parts[0] as string;
    const last = parts.at(-1) as string;
    if (parts.length === 1) return room === first;
    if (room.length < first.length + last.length || !room.startsWith(first) || !room.endsWith(last)) return false;
    // The first place of each part leaves the most room for those after it.
    const end = room.length - last.length;
    let at = first.length;
    for (let index = 1; index < parts.length - 1; index += 1) {
      const part = parts[index] as string;
      const found = room.indexOf(part, at);
      if (found < 0 || found + part.length > end) return false;
      at = found + part.length;
    }
    return true;
  }
}
