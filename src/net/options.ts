/** What can be set for sockets: declared, checked and frozen once. */
import type { CommonConnectionOptions, ConnectionOptions, SecureContextOptions, TlsOptions } from 'node:tls';
import { bytes, count, flag, milliseconds, objectWith } from '../base/options/kinds.js';
import { type OptionsOf, options, readOption, type SettingsOf } from '../base/options/table.js';

/**
 * What TLS is made of: the options of Node's `tls.connect` and `tls.createServer`, as far as they do not name a place. A listener needs
 * `key` and `cert`, or `pfx`. A client trusts the authorities of Node, or those in `ca`.
 */
export type TlsSettings = SecureContextOptions &
  CommonConnectionOptions &
  Pick<ConnectionOptions, 'checkServerIdentity' | 'minDHSize' | 'servername' | 'session'> &
  Pick<TlsOptions, 'handshakeTimeout' | 'sessionTimeout' | 'ticketKeys'>;

/** Longest time that the system takes for its keep-alive: 32767 seconds. */
const KEEP_ALIVE_MS_MAX = 32_767_000;

/** What fits in an IPv4 packet (65535 bytes) after its header (20) and that of UDP (8). */
const DATAGRAM_BYTES_MAX = 65_507;

/** The table of the options of stream sockets. */
export const streamTable = options('', {
  /** Bytes that are read ahead of `recv`, beyond one chunk. Then the peer has to wait. @default 65536 */
  recvBytesMax: bytes(65_536),
  /**
   * Bytes that may wait in `send` after one that the system has not taken yet. One more rejects with BUFFER_FULL. A program that awaits
   * each send never meets this bound, and a single send may be larger. @default 16777216 (whole number of bytes, 0 or more)
   */
  sendBytesMax: bytes(16_777_216, { min: 0 }),
  /** Whether small sends go out at once, rather than waiting to be joined (TCP_NODELAY). @default true */
  noDelay: flag(true),
  /**
   * Silence after which the system asks whether the peer is still there, rounded down to seconds; 0 for never. When ten questions, one a
   * second, stay without an answer, the connection fails with TIMEOUT.
   * @default 0 (0, or a whole number of milliseconds from 1000 to 32767000)
   */
  keepAliveMs: milliseconds(0, { min: 1_000, max: KEEP_ALIVE_MS_MAX, orZero: true, isWhole: true }),
  /** Settings of `tls:` endpoints. @default {} */
  tls: objectWith<TlsSettings, TlsSettings>('an object of options of node:tls', [], {}),
});

/** Options of stream sockets. Those that a listener accepts have the options of the listener. */
export interface StreamOptions extends OptionsOf<typeof streamTable> {}

/** The table of the options of datagram sockets. */
export const datagramTable = options('', {
  /** Bytes that wait for `recv`; each datagram counts 128 more than it has. Further datagrams are dropped and counted. @default 1048576 */
  recvBytesMax: bytes(1_048_576),
  /**
   * Bytes that may wait in `send` for the system. One more rejects with BUFFER_FULL. @default 1048576 (whole number of bytes, 0 or more)
   */
  sendBytesMax: bytes(1_048_576, { min: 0 }),
  /**
   * Bytes of a datagram that is sent; a larger one is a ConfigError. One that is larger than a packet of the network (1,200 bytes are safe)
   * travels in fragments, and is lost when one of them is. @default 65507 (positive whole number of bytes, at most 65507)
   */
  datagramBytesMax: bytes(DATAGRAM_BYTES_MAX, { max: DATAGRAM_BYTES_MAX }),
});

/** Options of datagram sockets. */
export interface DatagramOptions extends OptionsOf<typeof datagramTable> {}

/** The table of the limit for one verb. */
export const waitTable = options('', {
  /** Signal that ends the wait: with TIMEOUT if by `AbortSignal.timeout`, else with ABORTED. @default none: as long as it takes */
  signal: objectWith<AbortSignal>('an AbortSignal', ['aborted', 'addEventListener']),
});

/** The limit for one verb. */
export interface WaitOptions extends OptionsOf<typeof waitTable> {}

/** The settings of a stream socket, checked. */
export interface StreamSettings extends SettingsOf<typeof streamTable> {}

/** The settings of a datagram socket, checked. */
export interface DatagramSettings extends SettingsOf<typeof datagramTable> {}

/** Throws a ConfigError unless an option is a whole number within the range. */
export function checkRange(name: string, value: unknown, min: number, max?: number): void {
  readOption(count(min, { min, ...(max !== undefined && { max }) }), value, name);
}
