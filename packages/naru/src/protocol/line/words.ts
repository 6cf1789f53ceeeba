/** Splits a line into words and JSON values, and writes words so that they are read back unchanged. */
import { ownText } from '../../base/bytes.js';
import { ProtocolError } from '../../base/errors.js';
import { decodeValue, encodeValue } from '../json-event/message.js';

const SPACE = /[ \t]*/y;
const WORD = /[^ \t]+/y;
const PLAIN_WORD = /^[\p{L}\p{N}_][\p{L}\p{N}\p{M}_.:/@+-]*$/u;

// Characters that a terminal may act on or that disguise a text: DEL, C1, line separators, and marks and overrides of
// text direction.
const HARMFUL = /[\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** A word, and the index after it. */
export interface Word {
  readonly text: string;
  readonly end: number;
}

/**
 * Reads the next word from `at`: up to the next space, or a JSON string in quotes. Returns `undefined` at the end of
 * the line. Throws LINE_BAD for an open quote.
 */
export function readWord(line: string, at: number): Word | undefined {
  const start = skipSpaces(line, at);
  if (start >= line.length) return undefined;
  if (line[start] !== '"') {
    WORD.lastIndex = start;
    const text = WORD.exec(line)?.[0] ?? '';
    return { text: ownText(text), end: start + text.length };
  }
  const end = endOfString(line, start);
  if (end === undefined) throw new ProtocolError('LINE_BAD', 'a quote is not closed');
  return { text: decodeValue(line.slice(start, end)) as string, end };
}

/** Returns the index of the first character from `at` on that is not a space or tab. */
export function skipSpaces(line: string, at: number): number {
  SPACE.lastIndex = at;
  SPACE.exec(line);
  return SPACE.lastIndex;
}

/**
 * Reads JSON values, separated by spaces, from `at` to the end of the line. Returns `undefined` when anything there is
 * not JSON. Throws JSON_TOO_DEEP, and JSON_BAD_EVENT for bytes that are not base64.
 */
export function readValues(line: string, at: number, depthMax: number): unknown[] | undefined {
  const values: unknown[] = [];
  for (let start = skipSpaces(line, at); start < line.length; ) {
    const end = endOfValue(line, start);
    let value: unknown;
    try {
      value = decodeValue(line.slice(start, end), depthMax);
    } catch (error) {
      if (error instanceof ProtocolError && error.code !== 'JSON_BAD_TEXT') throw error;
      return undefined;
    }
    values.push(value);
    start = skipSpaces(line, end);
  }
  return values;
}

/** Writes values for `readValues`, harmless for a terminal. Throws NOT_ENCODABLE for data that JSON cannot hold. */
export function writeValues(values: readonly unknown[]): string {
  return values.map((value) => escapeHarmful(encodeValue(value))).join(' ');
}

/** Writes a word for `readWord`, in quotes if it needs them. */
export function writeWord(text: string): string {
  return PLAIN_WORD.test(text) ? text : escapeHarmful(JSON.stringify(text));
}

/**
 * Escapes characters in JSON that a terminal may act on. The meaning stays the same. JSON already escapes characters
 * below U+0020.
 */
export function escapeHarmful(json: string): string {
  return json.replace(HARMFUL, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Writes text for people, without quotes. Characters that a terminal may act on appear as escapes. */
export function writeText(text: string): string {
  return escapeHarmful(JSON.stringify(text)).slice(1, -1).replaceAll('\\"', '"').replaceAll('\\\\', '\\');
}

/** Returns the end of the text at `start` that may be a JSON value. */
function endOfValue(line: string, start: number): number {
  const first = line[start];
  if (first === '"') return endOfString(line, start) ?? line.length;
  if (first !== '{' && first !== '[') {
    WORD.lastIndex = start;
    return start + (WORD.exec(line)?.[0].length ?? 0);
  }
  let depth = 0;
  for (let at = start; at < line.length; at += 1) {
    const char = line[at];
    if (char === '"') at = (endOfString(line, at) ?? line.length) - 1;
    else if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return line.length;
}

/** Returns the end of the JSON string that begins at `start`, or `undefined` when the string does not end. */
function endOfString(line: string, start: number): number | undefined {
  for (let at = start + 1; at < line.length; at += 1) {
    if (line[at] === '"') return at + 1;
    if (line[at] === '\\') at += 1;
  }
  return undefined;
}
