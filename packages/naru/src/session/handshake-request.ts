/**
 * Keeps the HTTP request that opened a session as one string, to save memory. The request is rebuilt when an
 * application asks for it.
 */
import { IncomingMessage } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import { rawHeadersOf, targetOf, type UpgradeHead } from '../protocol/http/upgrade-head.js';

/**
 * A request as the engine passes it to applications: Node's, with the parsed query that Socket.IO code expects in
 * `_query`.
 */
export type EngineRequest = IncomingMessage & { _query: Record<string, string> };

/** Headers in Node's form: names in lower case, repeated headers joined. */
export type Headers = Record<string, string | string[] | undefined>;

/** Takes the place of a request on wires without HTTP. */
export interface HandshakeDetails {
  /** A target with its query, such as `/socket.io/?EIO=4&transport=tcp`. */
  readonly url: string;
  /** Header fields by lower-case name. Values contain no line breaks. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly remoteAddress: string;
  readonly isSecure: boolean;
}

const SEPARATOR = '\n';

/**
 * The opening request of a session. Until `release` is called, this is the request object itself. If middleware or
 * another caller reads the object before then, it stays, with everything that was attached to it. Otherwise later
 * readers get an equal request, rebuilt from its headers.
 */
export class HandshakeRequest {
  /** The peer's address at the time of the request. */
  readonly remoteAddress: string;
  /** Whether the connection is encrypted. */
  readonly isSecure: boolean;
  readonly #method: string;
  #request: EngineRequest | undefined;
  #isPinned = false;
  /** Header names and values, one on each line; or, without `#url`, the text of the whole head. */
  #head = '';
  /** The target of the request, unless the head has it. */
  #url: string | undefined;
  #socket: NetSocket | undefined;

  /**
   * Describes a client whose wire has no HTTP request. `socket.request` then shows a request with these details,
   * without a connection.
   */
  static of({ url, headers, remoteAddress, isSecure }: HandshakeDetails): HandshakeRequest {
    const rawHeaders = Object.entries(headers ?? {}).flat();
    const socket = { remoteAddress, encrypted: isSecure };
    const handshake = new HandshakeRequest({ url, rawHeaders, socket } as unknown as EngineRequest);
    handshake.release();
    handshake.#socket = undefined;
    return handshake;
  }

  constructor(request: EngineRequest) {
    this.#request = request;
    this.#url = request.url ?? '/';
    this.#method = request.method ?? 'GET';
    this.remoteAddress = request.socket?.remoteAddress ?? '';
    this.isSecure = (request.socket as { encrypted?: boolean } | undefined)?.encrypted === true;
  }

  /** Describes a client whose upgrade request was parsed without Node's HTTP parser. */
  static ofHead(head: UpgradeHead, socket: NetSocket): HandshakeRequest {
    const handshake = new HandshakeRequest({ socket } as EngineRequest);
    handshake.#url = undefined;
    handshake.#head = head.text;
    handshake.#socket = socket;
    handshake.#request = undefined;
    return handshake;
  }

  /** The target of the request, with its query. */
  get url(): string {
    return this.#url ?? targetOf(this.#head);
  }

  /**
   * The request: the original if it is still held, otherwise one rebuilt from its headers. Reading this keeps the
   * object.
   */
  get request(): EngineRequest {
    this.#isPinned = true;
    this.#request ??= this.#rebuild();
    return this.#request;
  }

  /** The headers. Unlike `request`, reading them does not keep the request object. */
  get headers(): Headers {
    return this.#request ? this.#request.headers : parseHeaders(this.#rawHeaders());
  }

  /** Keeps the request object, because a caller may have attached something to it. */
  pin(): void {
    this.#isPinned = true;
  }

  /** Drops the request object, unless it was read or pinned. Returns whether it is gone. */
  release(): boolean {
    const request = this.#request;
    if (!request) return true;
    if (this.#isPinned) return false;
    this.#head = request.rawHeaders.join(SEPARATOR);
    this.#socket = request.socket;
    this.#request = undefined;
    return true;
  }

  #rawHeaders(): string[] {
    if (this.#url === undefined) return rawHeadersOf(this.#head);
    return this.#head === '' ? [] : this.#head.split(SEPARATOR);
  }

  #rebuild(): EngineRequest {
    const rawHeaders = this.#rawHeaders();
    const request = new IncomingMessage(this.#socket as NetSocket);
    request.method = this.#method;
    request.url = this.url;
    request.httpVersion = '1.1';
    request.httpVersionMajor = 1;
    request.httpVersionMinor = 1;
    request.rawHeaders = rawHeaders;
    request.headers = parseHeaders(rawHeaders) as IncomingMessage['headers'];
    request.headersDistinct = listHeaders(rawHeaders);
    request.complete = true;
    // Ends the body, so that a reader does not wait for it.
    request.push(null);
    return withQuery(request);
  }
}

/** Adds the parsed query to Node's request as `_query`, where Socket.IO code expects it. */
export function withQuery(request: IncomingMessage): EngineRequest {
  const engineRequest = request as EngineRequest;
  engineRequest._query = parseQuery(request.url ?? '');
  return engineRequest;
}

/** Parses the query of a URL to an object. When a name is repeated, its last value counts. */
export function parseQuery(url: string): Record<string, string> {
  const query: Record<string, string> = {};
  const start = url.indexOf('?');
  if (start < 0) return query;
  // Every connect runs this, and URLSearchParams is several times slower. A query without escapes does not need it.
  if (ESCAPED.test(url)) {
    for (const [name, value] of new URLSearchParams(url.slice(start + 1))) setOwn(query, name, value);
    return query;
  }
  for (let from = start + 1; from < url.length; ) {
    const next = url.indexOf('&', from);
    const end = next < 0 ? url.length : next;
    const equals = url.indexOf('=', from);
    if (equals >= 0 && equals < end) setOwn(query, url.slice(from, equals), url.slice(equals + 1, end));
    else if (end > from) setOwn(query, url.slice(from, end), '');
    from = end + 1;
  }
  return query;
}

const ESCAPED = /[%+#]/;

/** Sets a property. `__proto__` is defined rather than assigned, because an assignment would set the prototype. */
function setOwn(query: Record<string, string>, name: string, value: string): void {
  if (name === '__proto__')
    Object.defineProperty(query, name, { value, writable: true, enumerable: true, configurable: true });
  else query[name] = value;
}

/** Turns alternating names and values into an object, as Node documents for `message.headers`. */
function parseHeaders(rawHeaders: readonly string[]): Headers {
  const headers: Headers = {};
  for (const [name, values] of Object.entries(listHeaders(rawHeaders))) {
    if (name === 'set-cookie') headers[name] = values;
    else headers[name] = ONCE.has(name) ? values[0] : values.join(name === 'cookie' ? '; ' : ', ');
  }
  return headers;
}

/** Turns alternating names and values into an object of lists, as Node documents for `message.headersDistinct`. */
function listHeaders(rawHeaders: readonly string[]): Record<string, string[]> {
  const lists: Record<string, string[]> = Object.create(null);
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase();
    lists[name] = [...(lists[name] ?? []), rawHeaders[at + 1] ?? ''];
  }
  return lists;
}

/** Headers that Node does not join: it keeps the first and drops repetitions. */
const ONCE = new Set(
  `age authorization content-length content-type etag expires from host if-modified-since if-unmodified-since
   last-modified location max-forwards proxy-authorization referer retry-after server user-agent`.split(/\s+/),
);
