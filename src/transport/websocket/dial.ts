/** The client's half of the opening handshake, over Node's own HTTP client so that its agents and TLS options work. RFC 6455, section 4.1. */
import * as http from 'node:http';
import * as https from 'node:https';
import type { Duplex } from 'node:stream';
import type { Timer } from '../../base/clock.js';
import { ConfigError, ProtocolError, UnavailableError } from '../../base/errors.js';
import { formatExtensions, parseExtensions } from '../../protocol/websocket/extensions.js';
import { acceptOf, checkResponse, encodeKey, isProtocolName } from '../../protocol/websocket/handshake.js';
import { checkDeflateAnswer, type DeflateParams, offerDeflate } from '../../protocol/websocket/permessage-deflate.js';
import { prepareSocket, sha1Base64 } from './accept.js';
import { WebSocketConnection, type WebSocketHandler } from './connection.js';
import type { WebSocketSettings } from './settings.js';

type PassedOn =
  | 'agent'
  | 'ca'
  | 'cert'
  | 'ciphers'
  | 'family'
  | 'key'
  | 'localAddress'
  | 'lookup'
  | 'passphrase'
  | 'pfx'
  | 'rejectUnauthorized'
  | 'servername';

/** What can be set for one dial; the options of Node's `http.request` and `tls.connect` mean what they mean there. */
export interface DialOptions extends Pick<https.RequestOptions, PassedOn> {
  /** More header fields for the request. Those of the handshake itself are set last. */
  headers?: Record<string, string | string[]>;
  /** The subprotocols to offer, best first; the server must choose one of them. */
  protocols?: readonly string[];
  /** Time for the connection and the handshake, in milliseconds. @default 0: as long as it takes */
  timeoutMs?: number;
  /** Gives up when it is aborted before the connection is open. */
  signal?: AbortSignal;
  /** Called once the connection is open, before any message of it is delivered; for who sets its `owner`. */
  onOpen?(connection: WebSocketConnection, response: http.IncomingMessage): void;
}

/** The server answered the handshake with something else than 101. */
export class UpgradeRefusedError extends UnavailableError {
  /** The status of the response. */
  readonly status: number;
  /** The header fields of the response. */
  readonly headers: http.IncomingHttpHeaders;
  constructor(status: number, headers: http.IncomingHttpHeaders) {
    super('CONNECT_FAILED', `the server answered the WebSocket handshake with ${status}`);
    this.status = status;
    this.headers = headers;
  }
}

interface Target {
  readonly isSecure: boolean;
  readonly options: http.RequestOptions;
}

/**
 * Opens a WebSocket to `ws:`, `wss:`, `http:` or `https:` URLs, or `ws+unix:/path/of.sock:/path`. Redirects are not followed.
 * Rejects with an UpgradeRefusedError, an UnavailableError (TIMEOUT, CLOSED when aborted, CONNECT_FAILED) or a ProtocolError.
 */
export function dialWebSocket(
  url: string | URL,
  options: DialOptions,
  settings: WebSocketSettings,
  handler: WebSocketHandler,
): Promise<WebSocketConnection> {
  return new Promise((resolve, reject) => new Dial(url, options, settings, handler, resolve, reject));
}

class Dial {
  readonly #options: DialOptions;
  readonly #settings: WebSocketSettings;
  readonly #handler: WebSocketHandler;
  readonly #resolve: (connection: WebSocketConnection) => void;
  readonly #reject: (error: Error) => void;
  readonly #request: http.ClientRequest;
  readonly #accept: string;
  readonly #timer: Timer | undefined;
  #isSettled = false;

  constructor(
    url: string | URL,
    options: DialOptions,
    settings: WebSocketSettings,
    handler: WebSocketHandler,
    resolve: (connection: WebSocketConnection) => void,
    reject: (error: Error) => void,
  ) {
    this.#options = options;
    this.#settings = settings;
    this.#handler = handler;
    this.#resolve = resolve;
    this.#reject = reject;
    const target = targetOf(url);
    const key = encodeKey(settings.random.bytes);
    this.#accept = acceptOf(key, sha1Base64);
    const { headers: _, protocols: __, timeoutMs = 0, signal, onOpen: ___, ...passedOn } = options;
    const headers = headersOf(options, settings, key);
    const request = { agent: false as const, ...passedOn, ...target.options, headers };
    this.#request = target.isSecure ? https.request(request) : http.request(request);
    this.#request.on('upgrade', (response, socket, head) => this.#upgraded(response, socket, head));
    this.#request.on('response', (response) => this.#refused(response));
    this.#request.on('error', (cause) =>
      this.#fail(new UnavailableError('CONNECT_FAILED', `the connection failed: ${cause.message}`, cause)),
    );
    if (timeoutMs > 0) this.#timer = settings.clock.setTimeout(expireDial, timeoutMs, this);
    if (signal?.aborted) this.#onAbort();
    else signal?.addEventListener('abort', this.#onAbort);
    if (!this.#isSettled) this.#request.end();
  }

  /** Gives up because time is over. */
  expire(): void {
    this.#fail(new UnavailableError('TIMEOUT', `the connection was not open after ${this.#options.timeoutMs} ms`));
  }

  readonly #onAbort = (): void => {
    this.#fail(new UnavailableError('CLOSED', 'the connection was given up', this.#options.signal?.reason));
  };

  #upgraded(response: http.IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#isSettled) {
      socket.destroy();
      return;
    }
    const { headers } = response;
    if (response.statusCode !== 101) {
      socket.destroy();
      this.#refused(response);
      return;
    }
    const agreed = this.#agree(headers);
    if (agreed instanceof ProtocolError) {
      // Nobody listens to this socket any more; its errors concern nobody.
      socket.on('error', () => {});
      socket.destroy();
      this.#fail(agreed);
      return;
    }
    this.#settle();
    prepareSocket(socket);
    const connection = new WebSocketConnection(socket, 'client', this.#settings, this.#handler, agreed.deflate, head);
    connection.protocol = agreed.protocol;
    this.#options.onOpen?.(connection, response);
    this.#resolve(connection);
  }

  #agree(headers: http.IncomingHttpHeaders): { protocol: string; deflate: DeflateParams | undefined } | ProtocolError {
    const protocol = checkResponse(headers, { accept: this.#accept, protocols: this.#options.protocols ?? [] });
    if (protocol instanceof ProtocolError) return protocol;
    const extensions = parseExtensions(headers['sec-websocket-extensions']);
    if (extensions === undefined) {
      return new ProtocolError('WS_BAD_HANDSHAKE', 'the Sec-WebSocket-Extensions header of the response is malformed');
    }
    const deflate = checkDeflateAnswer(extensions, this.#settings.deflate?.wish);
    return deflate instanceof ProtocolError ? deflate : { protocol, deflate };
  }

  #refused(response: http.IncomingMessage): void {
    response.resume();
    this.#fail(new UpgradeRefusedError(response.statusCode ?? 0, response.headers));
  }

  #fail(error: Error): void {
    if (this.#isSettled) return;
    this.#settle();
    this.#request.destroy();
    this.#reject(error);
  }

  #settle(): void {
    this.#isSettled = true;
    if (this.#timer !== undefined) this.#settings.clock.clearTimeout(this.#timer);
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
  }
}

function expireDial(dial: Dial): void {
  dial.expire();
}

function targetOf(text: string | URL): Target {
  const url = text instanceof URL ? text : URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw new ConfigError('BAD_ARGUMENT', `"${text}" is not a URL: use one like ws://host/path`);
  if (url.hash !== '') throw new ConfigError('BAD_ARGUMENT', `"${text}" has a fragment, which a WebSocket URL may not`);
  const auth =
    url.username === '' && url.password === ''
      ? undefined
      : `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  if (url.protocol === 'ws+unix:') {
    const [socketPath = '', path = '/'] = url.pathname.split(':');
    if (socketPath === '') throw new ConfigError('BAD_ARGUMENT', `"${text}" names no socket: use ws+unix:/path:/path`);
    return { isSecure: false, options: { socketPath, path: `${path}${url.search}`, host: 'localhost', auth } };
  }
  const isSecure = url.protocol === 'wss:' || url.protocol === 'https:';
  if (!isSecure && url.protocol !== 'ws:' && url.protocol !== 'http:') {
    throw new ConfigError('BAD_ARGUMENT', `"${text}" has scheme "${url.protocol}": use ws: or wss:`);
  }
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port);
  return { isSecure, options: { host, port, path: `${url.pathname}${url.search}`, auth } };
}

function headersOf(options: DialOptions, settings: WebSocketSettings, key: string): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {
    ...options.headers,
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': key,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
  };
  const { protocols = [] } = options;
  if (protocols.length > 0) {
    for (const [index, name] of protocols.entries()) {
      if (!isProtocolName(name) || protocols.indexOf(name) !== index) {
        throw new ConfigError('BAD_ARGUMENT', `subprotocol "${name}" is not a token or is there twice`);
      }
    }
    headers['Sec-WebSocket-Protocol'] = protocols.join(', ');
  }
  if (settings.deflate !== undefined) {
    headers['Sec-WebSocket-Extensions'] = formatExtensions([offerDeflate(settings.deflate.wish)]);
  }
  return headers;
}
