/** Connects one of Node's sockets. */
import { connect as connectNet, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type Endpoint, formatEndpoint } from 'naru/base';
import { abortError, closedError, failureOf } from '../failures.js';
import type { StreamSettings } from '../options.js';

/** The parameters of a dial besides the peer. */
export interface DialParts {
  readonly settings: StreamSettings;
  /** The local address to connect from. */
  readonly from: Endpoint | undefined;
  readonly signal: AbortSignal | undefined;
  /**
   * Receives the socket before it is connected, so that the caller can destroy it. The dial then rejects with CLOSED.
   */
  readonly onSocket: (socket: Socket) => void;
}

/**
 * Resolves with a connected socket; with TLS, the handshake is done and the certificate checked. Rejects as
 * `StreamSocket.connect` does.
 */
export function dial(peer: Endpoint, { settings, from, signal, onSocket }: DialParts): Promise<Socket> {
  const what = `connect to ${formatEndpoint(peer)}`;
  if (signal?.aborted) return Promise.reject(abortError(what, signal));
  return new Promise((resolve, reject) => {
    const socket = createSocket(peer, from, settings);
    const finish = (error?: Error): void => {
      socket.off(ready, onReady).off('error', onError).off('close', onClose);
      signal?.removeEventListener('abort', onAbort);
      if (error === undefined) resolve(socket);
      else {
        // Errors after the first one do not matter.
        socket.on('error', ignore).destroy();
        reject(error);
      }
    };
    const onReady = (): void => finish();
    const onError = (cause: Error): void => finish(failureOf('connect', formatEndpoint(peer), cause));
    const onClose = (): void => finish(closedError(what));
    const onAbort = (): void => {
      if (signal !== undefined) finish(abortError(what, signal));
    };
    const ready = peer.scheme === 'tls' ? 'secureConnect' : 'connect';
    socket.on(ready, onReady).on('error', onError).on('close', onClose);
    signal?.addEventListener('abort', onAbort);
    onSocket(socket);
  });
}

function createSocket(
  peer: Endpoint,
  from: Endpoint | undefined,
  { tls, noDelay, keepAliveMs }: StreamSettings,
): Socket {
  if (peer.scheme === 'unix') return connectNet({ path: peer.path, allowHalfOpen: true });
  const host = peer.host === '' ? 'localhost' : peer.host;
  const localAddress = from === undefined || from.host === '' ? undefined : from.host;
  const lookup = peer.host === '' ? lookUpThisMachine : undefined;
  const place = { host, port: peer.port, lookup, localAddress, localPort: from?.port, allowHalfOpen: true };
  const socket =
    peer.scheme === 'tls'
      ? connectTls({ servername: isIP(host) === 0 ? host : undefined, ...tls, ...place })
      : connectNet(place);
  // TLS sockets accept these settings only here. Node applies them once the socket is connected.
  return socket.setNoDelay(noDelay).setKeepAlive(keepAliveMs > 0, keepAliveMs);
}

/**
 * Returns both loopback addresses, which Node tries in turn. A machine often resolves `localhost` to only one of them.
 */
const lookUpThisMachine: LookupFunction = (_host, { all }, callback) => {
  const addresses = [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ];
  if (all) callback(null, addresses);
  else callback(null, '127.0.0.1', 4);
};

function ignore(): void {}
