/** A unit as the data of one event of a text/event-stream, for HTTP streaming. docs/sse.md, "The wire". */
import { type Bytes, encodeBase64 } from '../../base/bytes.js';

// It would arrive as another one.
const LINE_BREAK = /[\r\n]/;
// In a text it would be taken for one.
const SEPARATOR = '\x1e';

/**
 * Bytes become `b` and base64, as in a payload of long-polling. A text stands for itself, but for one with a line break or the
 * separator of payloads, which becomes JSON and so begins with a quotation mark, as no packet does.
 */
export function encodeEventData(unit: string | Bytes): string {
  if (typeof unit !== 'string') return `b${encodeBase64(unit)}`;
  return LINE_BREAK.test(unit) || unit.includes(SEPARATOR) ? JSON.stringify(unit) : unit;
}
