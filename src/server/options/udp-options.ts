/** The options of UDP endpoints: default, unit, bounds and what happens at the bound. */
import { ConfigError } from '../../base/errors.js';
import { readSecret } from '../../transport/udp/authentication/secret.js';
import { LINKS_MAX } from '../../transport/udp/link-table.js';

/** Options of UDP endpoints, as `udp` of the server's options. */
export interface UdpOptions {
  /** A secret that clients have to know; one that does not is refused. Text or bytes. @default none: anybody may connect */
  psk?: string | Uint8Array;
  /** Whether clients without a `psk` have to agree on a key (X25519), so that who only listens cannot speak for them. @default false */
  requireKeyExchange?: boolean;
  /** Sessions and lanes at once; beyond it clients are refused with `Server is at capacity`. 1 to 2^20. @default 100000 */
  sessionsMax?: number;
  /** Sessions and lanes of one address at once, with IPv6 of one network of 64 bits; beyond it clients are refused. 1 or more. @default 10000 */
  sessionsPerAddressMax?: number;
  /** New sessions and lanes in a second; beyond it requests are dropped, and clients ask again. 1 or more. @default 2000 */
  connectsPerSecond?: number;
  /** Bytes that may wait until a client has confirmed what came before; beyond it its session ends. 1200 or more. @default 262144 */
  controlBytesMax?: number;
  /** Bytes of the system's buffer for what comes in. @default 4194304, or what the system allows */
  receiveBufferBytes?: number;
  /** Bytes of the system's buffer for what goes out. @default 4194304, or what the system allows */
  sendBufferBytes?: number;
  /** Where clients find the endpoint for a lane, when it is not where the server listens: `udp://game.example:4001`. @default the address of the endpoint */
  publicEndpoint?: string;
  /** Lanes that clients asked for and did not open yet; beyond it the oldest is forgotten. 1 or more. @default 10000 */
  laneGrantsMax?: number;
}

/** The options with defaults. */
export interface UdpSettings {
  readonly secret: Uint8Array | undefined;
  readonly requireKeyExchange: boolean;
  readonly sessionsMax: number;
  readonly sessionsPerAddressMax: number;
  readonly connectsPerSecond: number;
  readonly controlBytesMax: number;
  readonly receiveBufferBytes: number;
  readonly sendBufferBytes: number;
  readonly publicEndpoint: string | undefined;
  readonly laneGrantsMax: number;
}

const INFINITE = Number.POSITIVE_INFINITY;
const BUFFER_MAX = 2 ** 31 - 1;

const RANGES: Readonly<Record<string, readonly [least: number, most: number]>> = {
  sessionsMax: [1, LINKS_MAX],
  sessionsPerAddressMax: [1, INFINITE],
  connectsPerSecond: [1, INFINITE],
  controlBytesMax: [1_200, INFINITE],
  receiveBufferBytes: [1, BUFFER_MAX],
  sendBufferBytes: [1, BUFFER_MAX],
  laneGrantsMax: [1, INFINITE],
};

/** The options with defaults. Throws ConfigError, naming the option, the value and the fix. */
export function settleUdpOptions(options: UdpOptions = {}): UdpSettings {
  for (const [name, [least, most]] of Object.entries(RANGES)) {
    const value: unknown = options[name as keyof UdpOptions];
    if (value === undefined || (typeof value === 'number' && value >= least && value <= most)) continue;
    throw new ConfigError(
      'BAD_OPTION',
      `the option "udp.${name}" is ${String(value)}; give a number from ${least} to ${most}`,
    );
  }
  return Object.freeze({
    secret: readSecret(options.psk),
    requireKeyExchange: options.requireKeyExchange === true,
    sessionsMax: options.sessionsMax ?? 100_000,
    sessionsPerAddressMax: options.sessionsPerAddressMax ?? 10_000,
    connectsPerSecond: options.connectsPerSecond ?? 2_000,
    controlBytesMax: options.controlBytesMax ?? 262_144,
    receiveBufferBytes: options.receiveBufferBytes ?? 4_194_304,
    sendBufferBytes: options.sendBufferBytes ?? 4_194_304,
    publicEndpoint: options.publicEndpoint,
    laneGrantsMax: options.laneGrantsMax ?? 10_000,
  });
}
