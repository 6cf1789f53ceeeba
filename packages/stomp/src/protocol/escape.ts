/** Escapes names and values of headers by the rules of each STOMP version. STOMP 1.2, "Value Encoding". */
import type { StompVersion } from './version.js';

const ESCAPED_12 = /[\\\n\r:]/g;
const ESCAPED_11 = /[\\\n:]/g;
const FORBIDDEN_10 = /[\n\r]/g;
// No version can escape NUL, and most readers take it for the end of the frame.
const NUL = '\0';
const REPLACEMENT = '\ufffd';

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', ':': '\\c' };
const UNESCAPES: Readonly<Record<string, string | undefined>> = { '\\': '\\', n: '\n', r: '\r', c: ':' };

/**
 * Escapes a name or value for `version`, in frames other than CONNECT and CONNECTED. Version 1.0 has no escapes, so
 * line breaks become spaces. NUL becomes U+FFFD in all versions.
 */
export function escapeHeader(text: string, version: StompVersion): string {
  const safe = text.includes(NUL) ? text.replaceAll(NUL, REPLACEMENT) : text;
  if (version === '1.0') return safe.replace(FORBIDDEN_10, ' ');
  return safe.replace(version === '1.2' ? ESCAPED_12 : ESCAPED_11, (char) => ESCAPES[char] as string);
}

/** Undoes `escapeHeader`. Returns `undefined` for an escape that the version does not define. */
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
