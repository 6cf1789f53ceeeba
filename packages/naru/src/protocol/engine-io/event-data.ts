/** Writes a unit as the data of one event of a text/event-stream, for HTTP streaming. docs/sse.md, "The wire". */
import { type Bytes, encodeBase64 } from '../../base/bytes.js';

// A carriage return would arrive as a line feed.
const LINE_BREAK = /[\r\n]/;
// The reader would split a text at this character.
const SEPARATOR = '\x1e';

/**
 * Bytes become `b` and base64, as in a payload of long-polling. A text stays as it is, unless it has a line break or
 * the separator of payloads. Such a text becomes a JSON string: the reader recognises its quotation mark, because no
 * packet begins with one.
 */
export function encodeEventData(unit: string | Bytes): string {
  if (typeof unit !== 'string') return `b${encodeBase64(unit)}`;
  return LINE_BREAK.test(unit) || unit.includes(SEPARATOR) ? JSON.stringify(unit) : unit;
}
