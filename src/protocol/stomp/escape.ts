/** How names and values of headers are written, which each version of STOMP does in its own way. STOMP 1.2, "Value Encoding". */
import type { StompVersion } from './version.js';

const ESCAPED_12 = /[\\\n\r:]/g;
const ESCAPED_11 = /[\\\n:]/g;
const FORBIDDEN_10 = /[\n\r]/g;
// No version can write it, and for most readers it ends the frame.
const NUL = '\0';
const REPLACEMENT = '\ufffd';

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', ':': '\\c' };
const UNESCAPES: Readonly<Record<string, string | undefined>> = { '\\': '\\', n: '\n', r: '\r', c: ':' };

/**
 * A name or value as `version` writes it, in frames other than CONNECT and CONNECTED. Version 1.0 has no escapes: what would end the
 * line becomes a space there.
 */
export function escapeHeader(text: string, version: StompVersion): string {
  const safe = text.includes(NUL) ? text.replaceAll(NUL, REPLACEMENT) : text;
  if (version === '1.0') return safe.replace(FORBIDDEN_10, ' ');
  return safe.replace(version === '1.2' ? ESCAPED_12 : ESCAPED_11, (char) => ESCAPES[char] as string);
}

/** The text that `escapeHeader` was given; `undefined` for an escape that the version does not know. */
export function unescapeHeader(text: string, version: StompVersion): string | undefined {
  let at = text.indexOf('\\');
  if (at < 0 || version === '1.0') return text;
  let plain = '';
  let from = 0;
  while (at >= 0) {
    const escaped = text[at + 1] ?? '';
    const char = escaped === 'r' && version === '1.1' ? undefined : UNESCAPES[escaped];
    if (char === undefined) return undefined;
    plain += text.slice(from, at) + char;
    from = at + 2;
    at = text.indexOf('\\', from);
  }
  return plain + text.slice(from);
}
