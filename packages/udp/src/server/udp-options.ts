/** The options of UDP endpoints. */
import { bytes, count, flag, type OptionsOf, options, type SettingsOf, secret, text, value } from 'naru/base';
import { ASSOCIATIONS_MAX } from '../transport/association-table.js';

const BUFFER_MAX = 2 ** 31 - 1;

/** The table of `udp`. */
export const udpTable = options('udp', {
  /** Secret that clients have to know. A client without it is refused. @default none: anybody may connect */
  psk: secret(
    value<string | Uint8Array>(
      'a text or bytes, and not empty',
      (given) => (typeof given === 'string' || given instanceof Uint8Array) && given.length > 0,
    ),
  ),
  /**
   * Whether clients without a `psk` must agree on a key (X25519), so that an eavesdropper on the network cannot
   * impersonate them.
   * @default false
   */
  requireKeyExchange: flag(false),
  /**
   * Sessions and lanes at once. Beyond that, clients are refused with `Server is at capacity`.
   * @default 100000 (positive whole number, at most 1048576)
   */
  sessionsMax: count(100_000, { max: ASSOCIATIONS_MAX }),
  /**
   * Sessions and lanes of one IPv4 address, or of one IPv6 network of 64 bits, at once. Beyond that, clients are
   * refused. @default 10000
   */
  sessionsPerAddressMax: count(10_000),
  /** New sessions and lanes in one second. Beyond that, requests are dropped, and clients ask again. @default 2000 */
  connectsPerSecond: count(2_000),
  /**
   * Bytes that may wait until a client has confirmed earlier ones. Beyond that, its session ends.
   * @default 262144 (whole number of bytes, 1200 or more)
   */
  controlBytesMax: bytes(262_144, { min: 1_200 }),
  /** Bytes of the system's buffer for incoming datagrams. @default 4194304, or what the system allows */
  receiveBufferBytes: bytes(4_194_304, { max: BUFFER_MAX }),
  /** Bytes of the system's buffer for outgoing datagrams. @default 4194304, or what the system allows */
  sendBufferBytes: bytes(4_194_304, { max: BUFFER_MAX }),
  /**
   * Address at which clients find the endpoint for a lane, such as `udp://game.example:4001`. @default the address of
   * the endpoint
   */
  publicEndpoint: text(undefined),
  /** Lanes that clients have asked for and not opened yet. Beyond that, the oldest is forgotten. @default 10000 */
  laneGrantsMax: count(10_000),
});

/** Options of UDP endpoints: those of `udp`. */
export interface UdpOptions extends OptionsOf<typeof udpTable> {}

/** The options with defaults. */
export interface UdpSettings extends SettingsOf<typeof udpTable> {}
