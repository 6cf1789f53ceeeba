/** The options of sockets, declared and checked in one place. */
import type { CommonConnectionOptions, ConnectionOptions, SecureContextOptions, TlsOptions } from 'node:tls';
import {
  bytes,
  count,
  flag,
  milliseconds,
  type OptionsOf,
  objectWith,
  options,
  readOption,
  type SettingsOf,
} from 'naru/base';

/**
 * TLS settings: the options of Node's `tls.connect` and `tls.createServer`, except those that name an address. A
 * listener needs `key` and `cert`, or `pfx`. A client trusts Node's certificate authorities, or those in `ca`.
 */
export type TlsSettings = SecureContextOptions &
  CommonConnectionOptions &
  Pick<ConnectionOptions, 'checkServerIdentity' | 'minDHSize' | 'servername' | 'session'> &
  Pick<TlsOptions, 'handshakeTimeout' | 'sessionTimeout' | 'ticketKeys'>;

/** The longest keep-alive delay that the system accepts: 32767 seconds. */
const KEEP_ALIVE_MS_MAX = 32_767_000;

/** The largest UDP body: an IPv4 packet (65535 bytes) without the IPv4 header (20) and the UDP header (8). */
const DATAGRAM_BYTES_MAX = 65_507;

/** The table of the options of stream sockets. */
export const streamTable = options('', {
  /** Bytes that are read ahead of `recv`, besides one chunk. Beyond that the peer has to wait. @default 65536 */
  recvBytesMax: bytes(65_536),
  /**
   * Bytes that may wait in `send` while the system has not taken an earlier send. A send that exceeds it rejects with
   * BUFFER_FULL. A program that awaits each send never reaches this bound, and a single send may be larger. @default
   * 16777216 (whole number of bytes, 0 or more)
   */
  sendBytesMax: bytes(16_777_216, { min: 0 }),
  /** Whether small sends go out at once instead of waiting to be combined (TCP_NODELAY). @default true */
  noDelay: flag(true),
  /**
   * Silence after which the system sends keep-alive probes, rounded down to seconds; 0 for never. When ten probes, one
   * a second, get no answer, the connection fails with TIMEOUT.
   * @default 0 (0, or a whole number of milliseconds from 1000 to 32767000)
   */
  keepAliveMs: milliseconds(0, { min: 1_000, max: KEEP_ALIVE_MS_MAX, orZero: true, isWhole: true }),
  /** Settings of `tls:` endpoints. @default {} */
  tls: objectWith<TlsSettings, TlsSettings>('an object of options of node:tls', [], {}),
});

/** Options of stream sockets. An accepted socket has the options of its listener. */
export interface StreamOptions extends OptionsOf<typeof streamTable> {}

/** The table of the options of datagram sockets. */
export const datagramTable = options('', {
  /**
   * Bytes that may wait for `recv`; each datagram costs 128 bytes extra. Further datagrams are dropped and
   * counted. @default 1048576
   */
  recvBytesMax: bytes(1_048_576),
  /**
   * Bytes that may wait in `send` for the system. A send that exceeds it rejects with BUFFER_FULL.
   * @default 1048576 (whole number of bytes, 0 or more)
   */
  sendBytesMax: bytes(1_048_576, { min: 0 }),
  /**
   * Bytes of a datagram that is sent; a larger one is a ConfigError. A datagram larger than a network packet (1,200
   * bytes are safe) travels in fragments, and is lost when one fragment is lost. @default 65507 (positive whole number
   * of bytes, at most 65507)
   */
  datagramBytesMax: bytes(DATAGRAM_BYTES_MAX, { max: DATAGRAM_BYTES_MAX }),
});

/** Options of datagram sockets. */
export interface DatagramOptions extends OptionsOf<typeof datagramTable> {}

/** The table of the options that limit how long one call waits. */
export const waitTable = options('', {
  /**
   * Signal that ends the wait: with TIMEOUT for `AbortSignal.timeout`, else with ABORTED. @default none: as long as it
   * takes
   */
  signal: objectWith<AbortSignal>('an AbortSignal', ['aborted', 'addEventListener']),
});

/** Limits how long one call waits. */
export interface WaitOptions extends OptionsOf<typeof waitTable> {}

/** The checked settings of a stream socket. */
export interface StreamSettings extends SettingsOf<typeof streamTable> {}

/** The checked settings of a datagram socket. */
export interface DatagramSettings extends SettingsOf<typeof datagramTable> {}

/** Throws a ConfigError unless an option is a whole number within the range. */
export function checkRange(name: string, value: unknown, min: number, max?: number): void {
  readOption(count(min, { min, ...(max !== undefined && { max }) }), value, name);
}
