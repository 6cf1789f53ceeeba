/**
 * The client's half of the opening handshake. It uses Node's HTTP client for its agents and TLS options. RFC 6455,
 * section 4.1.
 */
import * as http from 'node:http';
import type * as https from 'node:https';
import { urlToHttpOptions } from 'node:url';
import type { Timer } from '../../base/clock.js';
import { ConfigError, ProtocolError, UnavailableError } from '../../base/errors.js';
import { nodeModule } from '../../base/node/modules.js';
import { flag, milliseconds, passedOn, value } from '../../base/options/kinds.js';
import { isObject, type OptionsOf, options } from '../../base/options/table.js';
import { formatExtensions, parseExtensions } from '../../protocol/websocket/extensions.js';
import { acceptOf, checkResponse, encodeKey, isProtocolName } from '../../protocol/websocket/handshake.js';
import { checkDeflateAnswer, type DeflateParams, offerDeflate } from '../../protocol/websocket/permessage-deflate.js';
import { prepareSocket, sha1Base64 } from './accept.js';
import { WebSocketConnection, type WebSocketHandler } from './connection.js';
import { isNames, type WebSocketSettings } from './settings.js';

/**
 * The table of the options of `connect`, besides those of the connection. Those of Node's `http.request` and
 * `tls.connect` are passed on.
 */
export const connectingTable = options('', {
  /**
   * Whether all sends of one turn of the event loop become one write at its end. Otherwise each send writes at
   * once. @default true
   */
  coalesce: flag(true),
  /** Further header fields for the request. The fields of the handshake itself take precedence. */
  headers: value<Record<string, string | string[]>>('an object of header fields', isObject),
  /** The subprotocols to offer, best first. The server must choose one of them. */
  protocols: value<readonly string[]>('a list of names', isNames),
  /**
   * Time for the connection and the handshake. 0 turns the limit off. @default 0 (number of milliseconds, 0 or more)
   */
  timeoutMs: milliseconds(0, { min: 0 }),
  /** Aborts an attempt to connect. An open connection ignores it. */
  signal: value<AbortSignal>('an AbortSignal', (given) => given instanceof AbortSignal),
  agent: passedOn<https.RequestOptions['agent']>(),
  ca: passedOn<https.RequestOptions['ca']>(),
  cert: passedOn<https.RequestOptions['cert']>(),
  ciphers: passedOn<https.RequestOptions['ciphers']>(),
  family: passedOn<https.RequestOptions['family']>(),
  key: passedOn<https.RequestOptions['key']>(),
  localAddress: passedOn<https.RequestOptions['localAddress']>(),
  lookup: passedOn<https.RequestOptions['lookup']>(),
  passphrase: passedOn<https.RequestOptions['passphrase']>(),
  pfx: passedOn<https.RequestOptions['pfx']>(),
  rejectUnauthorized: passedOn<https.RequestOptions['rejectUnauthorized']>(),
  servername: passedOn<https.RequestOptions['servername']>(),
});

/** The options of one dial. */
export interface DialOptions extends Omit<OptionsOf<typeof connectingTable>, 'coalesce'> {
  /**
   * Called when the connection is open, before its first message is delivered, so that the caller can set its `owner`.
   */
  onOpen?(connection: WebSocketConnection, response: http.IncomingMessage): void;
}

/** Reports that the server did not answer the handshake with 101. */
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

/**
 * Opens a WebSocket to a `ws:`, `wss:`, `http:` or `https:` URL, or to `ws+unix:/path/of.sock:/path`. Redirects are not
 * followed. Rejects with an UpgradeRefusedError, an UnavailableError (TIMEOUT, CLOSED if aborted, CONNECT_FAILED) or a
 * ProtocolError.
 */
export function dialWebSocket(
  url: string | URL,
  options: DialOptions,
  settings: WebSocketSettings,
  handler: WebSocketHandler,
): Promise<WebSocketConnection> {
  return new Promise((resolve, reject) => {
    const { timeoutMs = 0, signal, onOpen } = options;
    const key = encodeKey(settings.random.bytes);
    const request = requestOf(url, options, headersOf(options, settings, key));
    let isSettled = false;
    let timer: Timer | undefined;
    const settle = (): void => {
      isSettled = true;
      if (timer !== undefined) settings.clock.clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    const fail = (error: Error): void => {
      if (isSettled) return;
      settle();
      request.destroy();
      reject(error);
    };
    const onAbort = (): void => fail(new UnavailableError('CLOSED', 'the connection was aborted', signal?.reason));
    const onTimeout = (): void =>
      fail(new UnavailableError('TIMEOUT', `the connection was not open after ${timeoutMs} ms`));
    request.on('upgrade', (response, socket, head) => {
      const agreed =
        response.statusCode === 101 ? agree(response.headers, key, options, settings) : refusalOf(response);
      if (isSettled || agreed instanceof Error) {
        // This socket is not used, so its errors do not matter.
        socket.on('error', () => {});
        socket.destroy();
        if (agreed instanceof Error) fail(agreed);
        return;
      }
      settle();
      prepareSocket(socket);
      const connection = new WebSocketConnection(socket, 'client', settings, handler, agreed.deflate, head);
      connection.protocol = agreed.protocol;
      onOpen?.(connection, response);
      resolve(connection);
    });
    request.on('response', (response) => {
      response.resume();
      fail(refusalOf(response));
    });
    request.on('error', (cause) =>
      fail(new UnavailableError('CONNECT_FAILED', `the connection failed: ${cause.message}`, cause)),
    );
    if (timeoutMs > 0) timer = settings.clock.setTimeout(onTimeout, timeoutMs, undefined);
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort);
    if (!isSettled) request.end();
  });
}

function refusalOf({ statusCode = 0, headers }: http.IncomingMessage): UpgradeRefusedError {
  return new UpgradeRefusedError(statusCode, headers);
}

/** Returns the subprotocol and compression that a response agrees on, or the rule that it breaks. */
function agree(
  headers: http.IncomingHttpHeaders,
  key: string,
  { protocols = [] }: DialOptions,
  { deflate: wished }: WebSocketSettings,
): { protocol: string; deflate: DeflateParams | undefined } | ProtocolError {
  const protocol = checkResponse(headers, { accept: acceptOf(key, sha1Base64), protocols });
  if (protocol instanceof ProtocolError) return protocol;
  const extensions = parseExtensions(headers['sec-websocket-extensions']);
  if (extensions === undefined)
    return new ProtocolError('WS_BAD_HANDSHAKE', 'the Sec-WebSocket-Extensions header of the response is malformed');
  const deflate = checkDeflateAnswer(extensions, wished?.wish);
  return deflate instanceof ProtocolError ? deflate : { protocol, deflate };
}

/** Creates the request of the handshake, without sending it. */
function requestOf(url: string | URL, options: DialOptions, headers: http.OutgoingHttpHeaders): http.ClientRequest {
  const { isSecure, ...target } = targetOf(url);
  const { protocols: _, timeoutMs: __, signal: ___, onOpen: ____, ...passedOn } = options;
  return (isSecure ? nodeModule('https') : http).request({ agent: false, ...passedOn, ...target, headers });
}

function targetOf(text: string | URL): http.RequestOptions & { readonly isSecure: boolean } {
  const url = text instanceof URL ? text : URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw new ConfigError('BAD_ARGUMENT', `"${text}" is not a URL: use one like ws://host/path`);
  if (url.hash !== '') throw new ConfigError('BAD_ARGUMENT', `"${text}" has a fragment: remove the part from "#" on`);
  const { auth, hostname, port, path } = urlToHttpOptions(url);
  if (url.protocol === 'ws+unix:') {
    const [socketPath = '', path = '/'] = url.pathname.split(':');
    if (socketPath === '') throw new ConfigError('BAD_ARGUMENT', `"${text}" names no socket: use ws+unix:/file:/path`);
    return { isSecure: false, socketPath, path: `${path}${url.search}`, host: 'localhost', auth };
  }
  const isSecure = url.protocol === 'wss:' || url.protocol === 'https:';
  if (!isSecure && url.protocol !== 'ws:' && url.protocol !== 'http:') {
    throw new ConfigError('BAD_ARGUMENT', `"${text}" has scheme "${url.protocol}": use ws: or wss:`);
  }
  return { isSecure, hostname, port, path, auth };
}

function headersOf(options: DialOptions, settings: WebSocketSettings, key: string): http.OutgoingHttpHeaders {
  const { headers, protocols = [] } = options;
  for (const [index, name] of protocols.entries()) {
    if (!isProtocolName(name) || protocols.indexOf(name) !== index)
      throw new ConfigError('BAD_ARGUMENT', `subprotocol "${name}" is listed twice or is not an HTTP token`);
  }
  const deflate = settings.deflate && formatExtensions([offerDeflate(settings.deflate.wish)]);
  return {
    ...headers,
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': key,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    ...(protocols.length > 0 && { 'Sec-WebSocket-Protocol': protocols.join(', ') }),
    ...(deflate !== undefined && { 'Sec-WebSocket-Extensions': deflate }),
  };
}
