/** What can be set for sockets: declared, checked and frozen once. */
import type { CommonConnectionOptions, ConnectionOptions, SecureContextOptions, TlsOptions } from 'node:tls';
import { ConfigError } from '../base/errors.js';

/**
 * What TLS is made of: the options of Node's `tls.connect` and `tls.createServer`, as far as they do not name a place. A listener needs
 * `key` and `cert`, or `pfx`. A client trusts the authorities of Node, or those in `ca`.
 */
export type TlsSettings = SecureContextOptions &
  CommonConnectionOptions &
  Pick<ConnectionOptions, 'checkServerIdentity' | 'minDHSize' | 'servername' | 'session'> &
  Pick<TlsOptions, 'handshakeTimeout' | 'sessionTimeout' | 'ticketKeys'>;

/** What can be set for stream sockets. Those that a listener accepts have what the listener has. */
export interface StreamOptions {
  /** The most bytes that are read ahead of `recv`, beyond one chunk; then the peer has to wait. 1 or more. @default 65536 */
  recvBytesMax?: number;
  /**
   * The most bytes that may wait in `send` behind one that the system has not taken yet; one more rejects with BUFFER_FULL. Who awaits
   * each send never meets it, and a single send may be larger. 0 or more. @default 16777216
   */
  sendBytesMax?: number;
  /** Whether small sends go out at once, rather than waiting to be joined (TCP_NODELAY). @default true */
  noDelay?: boolean;
  /**
   * Silence after which the system asks whether the peer is still there, in milliseconds, rounded down to seconds; 0: never. When ten
   * questions, one a second, stay without an answer, the connection fails with TIMEOUT. 0, or 1000 or more. @default 0
   */
  keepAliveMs?: number;
  /** For `tls:` endpoints. @default {} */
  tls?: TlsSettings;
}

/** What can be set for datagram sockets. */
export interface DatagramOptions {
  /**
   * The most bytes that wait for `recv`; each datagram counts 128 more than it has. What comes beyond is dropped and counted. 1 or
   * more. @default 1048576
   */
  recvBytesMax?: number;
  /** The most bytes that may wait in `send` for the system; one more rejects with BUFFER_FULL. 0 or more. @default 1048576 */
  sendBytesMax?: number;
  /**
   * The most bytes of a datagram that is sent; a larger one is a ConfigError. What is larger than a packet of the network (1,200 bytes
   * are safe) is cut in fragments, and is lost when one of them is. 1 to 65507. @default 65507
   */
  datagramBytesMax?: number;
}

/** The limit for one verb. */
export interface WaitOptions {
  /** Gives up when it is aborted: TIMEOUT if by `AbortSignal.timeout`, else ABORTED. @default none: as long as it takes */
  signal?: AbortSignal;
}

/** The settings of a stream socket, checked. */
export type StreamSettings = Readonly<Required<StreamOptions>>;

/** The settings of a datagram socket, checked. */
export type DatagramSettings = Readonly<Required<DatagramOptions>>;

/** Checks options and fills in the defaults. Throws a ConfigError that names the option. */
export function streamSettings(options: StreamOptions = {}): StreamSettings {
  const { recvBytesMax = 65_536, sendBytesMax = 16_777_216, noDelay = true, keepAliveMs = 0, tls = {} } = options;
  checkRange('recvBytesMax', recvBytesMax, 1);
  checkRange('sendBytesMax', sendBytesMax, 0);
  checkRange('keepAliveMs', keepAliveMs, 0, MS_MAX);
  if (keepAliveMs > 0 && keepAliveMs < 1000) {
    throw new ConfigError('BAD_OPTION', `option "keepAliveMs" is ${keepAliveMs}: use 0 (never), or 1000 or more`);
  }
  return Object.freeze({ recvBytesMax, sendBytesMax, noDelay, keepAliveMs, tls });
}

/** Checks options and fills in the defaults. Throws a ConfigError that names the option. */
export function datagramSettings(options: DatagramOptions = {}): DatagramSettings {
  const { recvBytesMax = 1_048_576, sendBytesMax = 1_048_576, datagramBytesMax = DATAGRAM_BYTES_MAX } = options;
  checkRange('recvBytesMax', recvBytesMax, 1);
  checkRange('sendBytesMax', sendBytesMax, 0);
  checkRange('datagramBytesMax', datagramBytesMax, 1, DATAGRAM_BYTES_MAX);
  return Object.freeze({ recvBytesMax, sendBytesMax, datagramBytesMax });
}

/** Throws a ConfigError unless a number is whole and within the range. */
export function checkRange(name: string, value: unknown, least: number, most = Number.MAX_SAFE_INTEGER): void {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return;
  const range = most === Number.MAX_SAFE_INTEGER ? `of ${least} or more` : `from ${least} to ${most}`;
  throw new ConfigError('BAD_OPTION', `option "${name}" is ${String(value)}: use a whole number ${range}`);
}

/** What fits in an IPv4 packet (65535 bytes) behind its header (20) and that of UDP (8). */
const DATAGRAM_BYTES_MAX = 65_507;

/** The most that the system takes for its keep-alive: 32767 seconds. */
const MS_MAX = 32_767_000;
