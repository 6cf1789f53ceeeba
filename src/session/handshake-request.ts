/** What a session keeps of the HTTP request that opened it: one string instead of a request, which is rebuilt when somebody asks. */
import { IncomingMessage } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import { rawHeadersOf, type UpgradeHead } from '../protocol/http/upgrade-head.js';

/** A request as the engine hands it to applications: Node's, with the parsed query that Socket.IO code expects. */
export type EngineRequest = IncomingMessage & { _query: Record<string, string> };

/** Headers as Node gives them: lower-case names, repeated ones joined. */
export type Headers = Record<string, string | string[] | undefined>;

/** What stands for a request where there was none. */
export interface HandshakeDetails {
  /** A target with its query, such as `/socket.io/?EIO=4&transport=tcp`. */
  readonly url: string;
  /** Header fields by lower-case names; values without line breaks. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly remoteAddress: string;
  readonly isSecure: boolean;
}

const SEPARATOR = '\n';

/**
 * The opening request of a session. While `release` was not called it is the request itself; whoever reads it before then, middleware
 * for instance, keeps that object, with all that was attached to it; later readers get an equal one built from what was kept.
 */
export class HandshakeRequest {
  /** The target of the request with its query. */
  readonly url: string;
  /** The peer's address as the socket said it at that time. */
  readonly remoteAddress: string;
  /** Whether the connection is encrypted. */
  readonly isSecure: boolean;
  #request: EngineRequest | undefined;
  #isPinned = false;
  /** Names and values, or the text of the whole head. */
  #head = '';
  #isWholeHead = false;
  #socket: NetSocket | undefined;

  /** What is known of a client whose wire has no HTTP request. `socket.request` then shows an equal one, without a connection. */
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
    this.url = request.url ?? '/';
    this.remoteAddress = request.socket?.remoteAddress ?? '';
    this.isSecure = (request.socket as { encrypted?: boolean } | undefined)?.encrypted === true;
  }

  /** What is known of a client whose upgrade was read without a request of Node's. */
  static ofHead(head: UpgradeHead, socket: NetSocket): HandshakeRequest {
    const handshake = new HandshakeRequest({ url: head.url, socket } as EngineRequest);
    handshake.#head = head.text;
    handshake.#isWholeHead = true;
    handshake.#socket = socket;
    handshake.#request = undefined;
    return handshake;
  }

  /** Node's request: the original if it is still there, else one rebuilt from it. */
  get request(): EngineRequest {
    this.#isPinned = true;
    this.#request ??= this.#rebuild();
    return this.#request;
  }

  /** The headers, without making the request stay. */
  get headers(): Headers {
    return this.#request ? this.#request.headers : parseHeaders(this.#rawHeaders());
  }

  /** Keeps the request itself: somebody may have attached something to it. */
  pin(): void {
    this.#isPinned = true;
  }

  /** Lets the request go, unless somebody read it; says whether it is gone. */
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
    if (this.#isWholeHead) return rawHeadersOf(this.#head);
    return this.#head === '' ? [] : this.#head.split(SEPARATOR);
  }

  #rebuild(): EngineRequest {
    const rawHeaders = this.#rawHeaders();
    const request = new IncomingMessage(this.#socket as NetSocket);
    request.method = 'GET';
    request.url = this.url;
    request.httpVersion = '1.1';
    request.httpVersionMajor = 1;
    request.httpVersionMinor = 1;
    request.rawHeaders = rawHeaders;
    request.headers = parseHeaders(rawHeaders) as IncomingMessage['headers'];
    request.headersDistinct = listHeaders(rawHeaders);
    request.complete = true;
    // It has no body that somebody could still wait for.
    request.push(null);
    return withQuery(request);
  }
}

/** Node's request with its query, which Socket.IO code expects there. */
export function withQuery(request: IncomingMessage): EngineRequest {
  const engineRequest = request as EngineRequest;
  engineRequest._query = parseQuery(request.url ?? '');
  return engineRequest;
}

/** The query of a URL as an object; of a repeated name the last value stands. */
export function parseQuery(url: string): Record<string, string> {
  const query: Record<string, string> = {};
  const start = url.indexOf('?');
  if (start < 0) return query;
  // What is not escaped needs no decoding, which is several times slower; this is on the path of every connect.
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

/** Sets a property by assignment, but for the one name that an assignment takes for something else. */
function setOwn(query: Record<string, string>, name: string, value: string): void {
  if (name === '__proto__')
    Object.defineProperty(query, name, { value, writable: true, enumerable: true, configurable: true });
  else query[name] = value;
}

/** Names and values in turn to an object, as Node's `message.headers` documents it. */
function parseHeaders(rawHeaders: readonly string[]): Headers {
  const headers: Headers = {};
  for (const [name, values] of Object.entries(listHeaders(rawHeaders))) {
    if (name === 'set-cookie') headers[name] = values;
    else headers[name] = ONCE.has(name) ? values[0] : values.join(name === 'cookie' ? '; ' : ', ');
  }
  return headers;
}

/** Names and values in turn to an object, as Node's `message.headersDistinct` documents it. */
function listHeaders(rawHeaders: readonly string[]): Record<string, string[]> {
  const lists: Record<string, string[]> = Object.create(null);
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase();
    lists[name] = [...(lists[name] ?? []), rawHeaders[at + 1] ?? ''];
  }
  return lists;
}

/** Headers of which Node keeps the first and drops the rest. */
const ONCE = new Set(
  `age authorization content-length content-type etag expires from host if-modified-since if-unmodified-since
   last-modified location max-forwards proxy-authorization referer retry-after server user-agent`.split(/\s+/),
);
