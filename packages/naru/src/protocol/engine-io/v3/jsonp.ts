/**
 * Long-polling of Engine.IO 3 by script tags and forms (JSONP), for browsers that cannot send cross-origin requests.
 */
import { ProtocolError } from '../../../base/errors.js';

/**
 * Encodes the script that passes a payload to the waiting page. `index` is the query's `j`, of which only the digits
 * count.
 */
export function encodeJsonpResponse(index: string, payload: string): string {
  // These two characters end a line in older JavaScript, but not in JSON.
  const json = JSON.stringify(payload)
    .replace(/\u2028/g, '\\u2028')
    .replace(/\u2029/g, '\\u2029');
  return `___eio[${index.replace(/[^0-9]/g, '')}](${json});`;
}

/**
 * Reads the payload from the field `d` of a form body. A form turns newlines into CRLF, so a page writes a newline as
 * `\n` and doubles a backslash before an `n`. Throws EIO_BAD_PAYLOAD for a missing field and for bad percent-encoding.
 */
export function decodeJsonpBody(body: string): string {
  const start = body.startsWith('d=') ? 2 : body.indexOf('&d=') + 3;
  if (start < 3 && !body.startsWith('d=')) throw new ProtocolError('EIO_BAD_PAYLOAD', 'form without the field d');
  const end = body.indexOf('&', start);
  const field = body.slice(start, end < 0 ? body.length : end);
  let text: string;
  try {
    text = decodeURIComponent(field.replace(/\+/g, ' '));
  } catch {
    throw new ProtocolError('EIO_BAD_PAYLOAD', 'bad percent-encoding in a form');
  }
  return text.replace(/(\\)?\\n/g, (_match, slash: string | undefined) => (slash ? '\\n' : '\n'));
}
