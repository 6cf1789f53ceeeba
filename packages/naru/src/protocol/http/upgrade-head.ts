/**
 * Reads the head of a WebSocket's opening request, if it is complete and has the usual form. Any other head is left to
 * a complete parser, which decides whether it is an error. RFC 9112, sections 2 to 5; RFC 6455, section 4.1.
 */

/** The header fields that decide about an upgrade, by lower-case name. Each occurred at most once. */
export type UpgradeFields = Record<string, string | undefined>;

/** A parsed head. */
export interface UpgradeHead {
  /** The target of the request. */
  readonly url: string;
  /** The whole head, one character per byte, to the end of its empty line. */
  readonly text: string;
  readonly fields: Readonly<UpgradeFields>;
}

// Narrower than the grammar wherever parsers are known to differ. The target has no fragment and no byte above 126. One
// space follows each colon. Field values are not empty, do not begin or end with white space, are not folded, and
// contain no lone CR or LF.
const HEAD =
  /GET \/[\w\-.~!$&'()*+,;=:@%/]*(?:\?[\w\-.~!$&'()*+,;=:@%/?]*)? HTTP\/1\.1\r\n(?:[\w-]+: [!-~](?:[ -~]*[!-~])?\r\n)+\r\n/y;

const METHOD_SIZE = 4;
const VERSION = ' HTTP/1.1\r\n';
const WEBSOCKET = /^websocket$/i;
// The token alone, or after the `keep-alive` of Firefox.
const CONNECTION = /^(?:keep-alive, ?)?upgrade$/i;

const LASTING = /^(?:keep-alive|close)$/i;

/** The fields that are picked, in the case that most clients use. */
const PICKED = [
  'Host',
  'Upgrade',
  'Connection',
  'Origin',
  'Sec-WebSocket-Key',
  'Sec-WebSocket-Version',
  'Sec-WebSocket-Protocol',
  'Sec-WebSocket-Extensions',
] as const;

/** Fields that concern a body or the next message, or that parsers treat as a part of `Connection`. */
const FORBIDDEN = [
  'Content-Length',
  'Transfer-Encoding',
  'TE',
  'Trailer',
  'Expect',
  'Proxy-Connection',
  'Keep-Alive',
  'HTTP2-Settings',
] as const;

const NO_VALUES: readonly undefined[] = PICKED.map(() => undefined);

/** A known name and its place in `PICKED`, or -1 for a forbidden name. */
interface KnownName {
  readonly written: string;
  readonly name: string;
  readonly place: number;
}

/** The known names by their length, which rules out most other names without a comparison. */
const NAMES_BY_SIZE: (KnownName[] | undefined)[] = [];
for (const [written, place] of [
  ...PICKED.map((name, index) => [name, index] as const),
  ...FORBIDDEN.map((name) => [name, -1] as const),
]) {
  const names = NAMES_BY_SIZE[written.length] ?? [];
  NAMES_BY_SIZE[written.length] = names;
  names.push({ written, name: written.toLowerCase(), place });
}

/** A head with more lines is left to a complete parser. */
const LINES_MAX = 100;

/**
 * Reads the head at the beginning of `text`, which has one character per byte. Returns `undefined` when the head is
 * incomplete, does not ask for a WebSocket, or is in any way unusual. A complete parser would find the same end and the
 * same meaning in every head that this returns.
 */
export function readUpgradeHead(text: string): UpgradeHead | undefined {
  const head = readHead(text);
  const { upgrade = '', connection = '' } = head?.fields ?? {};
  return WEBSOCKET.test(upgrade) && CONNECTION.test(connection) ? head : undefined;
}

/** Reads the head of a GET that does not ask for an upgrade, under the conditions of `readUpgradeHead`. */
export function readGetHead(text: string): UpgradeHead | undefined {
  const head = readHead(text);
  const { upgrade, connection = 'close' } = head?.fields ?? {};
  return upgrade === undefined && LASTING.test(connection) ? head : undefined;
}

function readHead(text: string): UpgradeHead | undefined {
  HEAD.lastIndex = 0;
  if (!HEAD.test(text)) return undefined;
  const size = HEAD.lastIndex;
  const urlEnd = text.indexOf(VERSION, METHOD_SIZE);
  const fields = pickFields(text, urlEnd + VERSION.length, size - 2);
  if (fields === undefined || fields.host === undefined) return undefined;
  return { url: text.slice(METHOD_SIZE, urlEnd), text: size === text.length ? text : text.slice(0, size), fields };
}

/** Returns the target of a head. */
export function targetOf(text: string): string {
  return text.slice(METHOD_SIZE, text.indexOf(VERSION, METHOD_SIZE));
}

/** Returns the names and values of a head, alternating, in their original case. */
export function rawHeadersOf(text: string): string[] {
  const rawHeaders: string[] = [];
  for (const line of text.split('\r\n').slice(1, -2)) {
    const colon = line.indexOf(':');
    rawHeaders.push(line.slice(0, colon), line.slice(colon + 2));
  }
  return rawHeaders;
}

/**
 * Picks the known fields from `start` to `end`. Returns `undefined` for a repeated or forbidden field and for more than
 * `LINES_MAX` lines.
 */
function pickFields(text: string, start: number, end: number): UpgradeFields | undefined {
  const values: (string | undefined)[] = [...NO_VALUES];
  let count = 0;
  for (let at = start, next = at; at < end; at = next + 2) {
    const colon = text.indexOf(':', at);
    next = text.indexOf('\r\n', colon);
    count += 1;
    if (count > LINES_MAX) return undefined;
    const known = nameAt(text, at, colon);
    if (known === undefined) continue;
    if (known.place < 0 || values[known.place] !== undefined) return undefined;
    values[known.place] = text.slice(colon + 2, next);
  }
  return {
    host: values[0],
    upgrade: values[1],
    connection: values[2],
    origin: values[3],
    'sec-websocket-key': values[4],
    'sec-websocket-version': values[5],
    'sec-websocket-protocol': values[6],
    'sec-websocket-extensions': values[7],
  };
}

/** Returns the known name from `at` to `colon`, or `undefined`. */
function nameAt(text: string, at: number, colon: number): KnownName | undefined {
  const names = NAMES_BY_SIZE[colon - at];
  if (names === undefined) return undefined;
  for (const known of names) {
    if (text.startsWith(known.written, at)) return known;
    const isAlike = (text.charCodeAt(at) | 0x20) === known.name.charCodeAt(0);
    if (isAlike && text.slice(at, colon).toLowerCase() === known.name) return known;
  }
  return undefined;
}
