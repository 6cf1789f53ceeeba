/** Tells how deep JSON text is nested before it is parsed, because deep data overflows the stack of whoever walks it. */

const QUOTE = 34;
const BACKSLASH = 92;

/** Whether arrays and objects in the JSON at `start` stand in each other more than `depthMax` deep. */
export function isTooDeep(text: string, start: number, depthMax: number): boolean {
  if (!hasMore(text, start, depthMax)) return false;
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = stringEnd(text, at);
      if (at < 0) return false;
      continue;
    }
    // `[` and `{` differ in one bit, as do `]` and `}`.
    const bracket = code | 32;
    if (bracket === 123) {
      depth += 1;
      if (depth > depthMax) return true;
    } else if (bracket === 125) depth -= 1;
  }
  return false;
}

/** Whether more than `countMax` brackets open anywhere, in strings too; the engine's own search makes this nearly free. */
function hasMore(text: string, start: number, countMax: number): boolean {
  let count = 0;
  for (const bracket of '[{') {
    for (let at = text.indexOf(bracket, start); at >= 0; at = text.indexOf(bracket, at + 1)) {
      count += 1;
      if (count > countMax) return true;
    }
  }
  return false;
}

/** The index of the quote that ends the string which starts at `start`; -1 when nothing does. */
function stringEnd(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end >= 0) {
    let slash = end - 1;
    while (text.charCodeAt(slash) === BACKSLASH) slash -= 1;
    if ((end - slash) % 2 === 1) return end;
    end = text.indexOf('"', end + 1);
  }
  return -1;
}
