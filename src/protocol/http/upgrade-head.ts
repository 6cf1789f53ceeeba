/**
 * Reads the head of a WebSocket's opening request where it is whole, and written as every client writes it. What is not is no error:
 * it is for a complete parser, which then says what it is. RFC 9112, sections 2 to 5; RFC 6455, section 4.1.
 */

/** The header fields that an upgrade is decided by, by lower-case name. None was there twice. */
export type UpgradeFields = Record<string, string | undefined>;

/** A head that was read. */
export interface UpgradeHead {
  /** The target of the request. */
  readonly url: string;
  /** The whole head, a character for each byte, to the end of its empty line. */
  readonly text: string;
  readonly fields: Readonly<UpgradeFields>;
}

// Narrower than the grammar wherever parsers are known to differ: no fragment and no byte above 126 in the target, one space after a
// colon, no field without a value, none that begins or ends with white space, no lone CR or LF, nothing folded.
const HEAD =
  /GET \/[\w\-.~!$&'()*+,;=:@%/]*(?:\?[\w\-.~!$&'()*+,;=:@%/?]*)? HTTP\/1\.1\r\n(?:[\w-]+: [!-~](?:[ -~]*[!-~])?\r\n)+\r\n/y;

const METHOD_SIZE = 4;
const VERSION = ' HTTP/1.1\r\n';
const WEBSOCKET = /^websocket$/i;
// A lone token, or with the one that Firefox puts before it.
const CONNECTION = /^(?:keep-alive, ?)?upgrade$/i;

const LASTING = /^(?:keep-alive|close)$/i;

/** What is picked, as most clients write it. */
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

/** Fields that speak of a body or of the next message, or that parsers take for a part of `Connection`. */
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

/** A name that matters, and its place in `PICKED`; -1 for a forbidden one. */
interface KnownName {
  readonly written: string;
  readonly name: string;
  readonly place: number;
}

/** The names by their size, which tells most others apart without a look at them. */
const NAMES_BY_SIZE: (KnownName[] | undefined)[] = [];
for (const [written, place] of [
  ...PICKED.map((name, index) => [name, index] as const),
  ...FORBIDDEN.map((name) => [name, -1] as const),
]) {
  const names = NAMES_BY_SIZE[written.length] ?? [];
  NAMES_BY_SIZE[written.length] = names;
  names.push({ written, name: written.toLowerCase(), place });
}

/** More lines than this are for a complete parser. */
const LINES_MAX = 100;

/**
 * The head that `text` begins with, a character for each byte; `undefined` when it is not whole, is no upgrade to a WebSocket, or is in
 * any way unusual. Never gives a head of which a complete parser could see another end or another meaning.
 */
export function readUpgradeHead(text: string): UpgradeHead | undefined {
  const head = readHead(text);
  const { upgrade = '', connection = '' } = head?.fields ?? {};
  return WEBSOCKET.test(upgrade) && CONNECTION.test(connection) ? head : undefined;
}

/** The head of a GET that `text` begins with and that asks for no upgrade, on the terms of `readUpgradeHead`. */
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

/** The names and values of a head, in turn, as they were written. */
export function rawHeadersOf(text: string): string[] {
  const rawHeaders: string[] = [];
  for (const line of text.split('\r\n').slice(1, -2)) {
    const colon = line.indexOf(':');
    rawHeaders.push(line.slice(0, colon), line.slice(colon + 2));
  }
  return rawHeaders;
}

/** The fields that matter of the lines from `start` to `end`; `undefined` when one is there twice or forbidden, or lines are many. */
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

/** Which of the names that matter stands between two places. */
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
