/** Formats notes and frames for a terminal. Received text cannot move the cursor or change the colours. */

/** The most characters that are shown of a text. */
const SHOWN_MAX = 4_000;

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Returns a text with its control characters escaped, cut after SHOWN_MAX characters. */
export function plain(text: string): string {
  const shown = text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}… (${text.length} characters)` : text;
  return shown.replace(
    CONTROLS,
    (char) => SHORT_ESCAPES[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Formats a frame; further lines are indented. */
export function showFrame(text: string): string {
  return text.split(/\r?\n/).map(plain).join('\n    ');
}

/** Formats bytes: their number and the first 32 in hex. */
export function showBytes(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 32)).toString('hex');
  return `<${bytes.byteLength} bytes ${head}${bytes.byteLength > 32 ? '…' : ''}>`;
}
