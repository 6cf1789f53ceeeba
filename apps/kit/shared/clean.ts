/**
 * Makes text from strangers safe to show beside other text: without invisible controls, stacks of marks or faked
 * direction.
 */

/** Removes characters that are invisible or disturb other lines. Keeps line breaks, at most two in a row. */
export function cleanText(text: string): string {
  return (
    text
      .normalize('NFC')
      .replace(/\r\n?/g, '\n')
      .replace(UNSEEN, '')
      // More than two marks on one letter climb over the neighbouring lines.
      .replace(/(\p{M}{2})\p{M}+/gu, '$1')
      .replace(/[^\S\n]{4,}/g, '   ')
      .replace(/\n{3,}/g, '\n\n')
      .trim()
  );
}

/** Whether a cleaned text shows nothing: only marks and joiners without a letter, and blank letters. */
export function isBlank(text: string): boolean {
  return !/[^\s\p{M}\p{Join_Control}\u2800\u{1d159}]/u.test(text);
}

/** One line of text, for names and descriptions. */
export function cleanLine(text: string): string {
  return cleanText(text).replace(/\s+/g, ' ');
}

/** The number of characters, counted in code points. */
export function countOf(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

// Controls (but line feed and tab), soft hyphen, blank letters, zero-width space, directional marks, embeddings and
// isolates, line and paragraph separators, byte-order mark, anchors and tags. The joiners stay: emoji and some scripts
// need them.
const UNSEEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
