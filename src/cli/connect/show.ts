/** Writes notes and frames for a terminal: nothing that came from outside can move its cursor or change its colours. */

/** The most characters of a frame that are shown. */
const SHOWN_MAX = 4_000;

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A text in which control characters are written as escapes, cut where it is very long. */
export function plain(text: string): string {
  const shown = text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}… (${text.length} characters)` : text;
  return shown.replace(
    CONTROLS,
    (char) => SHORT_ESCAPES[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A frame on one line, or several where it consists of lines. */
export function showFrame(text: string): string {
  return text.split(/\r?\n/).map(plain).join('\n    ');
}

/** Bytes as a frame shows them. */
export function showBytes(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 32)).toString('hex');
  return `<${bytes.byteLength} bytes ${head}${bytes.byteLength > 32 ? '…' : ''}>`;
}
