/** Cuts a line into words and JSON values, and writes words so that they are read back as they were. */
import { ProtocolError } from '../../base/errors.js';
import { decodeValue, encodeValue } from '../json-event/message.js';

const SPACE = /[ \t]*/y;
const WORD = /[^ \t]+/y;
const PLAIN_WORD = /^[\p{L}\p{N}_][\p{L}\p{N}\p{M}_.:/@+-]*$/u;

// What a terminal may act on, or what makes a text look like another: DEL, C1, line ends, marks and overrides of direction.
const HARMFUL = /[\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** A word and where what follows begins. */
export interface Word {
  readonly text: string;
  readonly end: number;
}

/** The word at `at`, behind spaces: up to the next space, or in quotes as JSON. `undefined` at the end. Throws LINE_BAD for an open quote. */
export function readWord(line: string, at: number): Word | undefined {
  const start = skipSpaces(line, at);
  if (start >= line.length) return undefined;
  if (line[start] !== '"') {
    WORD.lastIndex = start;
    const text = WORD.exec(line)?.[0] ?? '';
    return { text, end: start + text.length };
  }
  const end = endOfString(line, start);
  if (end === undefined) throw new ProtocolError('LINE_BAD', 'a quote is open to the end of the line');
  return { text: decodeValue(line.slice(start, end)) as string, end };
}

/** The index of the first character at or behind `at` that is no space. */
export function skipSpaces(line: string, at: number): number {
  SPACE.lastIndex = at;
  SPACE.exec(line);
  return SPACE.lastIndex;
}

/**
 * The JSON values that stand behind one another, with spaces between, from `at` to the end of the line; `undefined` when anything there is no
 * JSON. Throws JSON_TOO_DEEP, and JSON_BAD_EVENT for bytes that are not base64.
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

/** Values as `readValues` takes them, harmless for a terminal. Throws NOT_ENCODABLE for what JSON cannot hold. */
export function writeValues(values: readonly unknown[]): string {
  return values.map((value) => escapeHarmful(encodeValue(value))).join(' ');
}

/** A word as `readWord` takes it: as it is, or in quotes. */
export function writeWord(text: string): string {
  return PLAIN_WORD.test(text) ? text : escapeHarmful(JSON.stringify(text));
}

/** JSON in which a terminal finds nothing to act on; it says the same. Characters below U+0020 are escaped in any JSON. */
export function escapeHarmful(json: string): string {
  return json.replace(HARMFUL, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Text for people, without quotes: what a terminal may act on shows as an escape. */
export function writeText(text: string): string {
  return escapeHarmful(JSON.stringify(text)).slice(1, -1).replaceAll('\\"', '"').replaceAll('\\\\', '\\');
}

/** Where the JSON value that begins at `start` ends, if it is one. */
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

/** Where the string whose quote stands at `start` ends; `undefined` when it does not. */
function endOfString(line: string, start: number): number | undefined {
  for (let at = start + 1; at < line.length; at += 1) {
    if (line[at] === '"') return at + 1;
    if (line[at] === '\\') at += 1;
  }
  return undefined;
}
