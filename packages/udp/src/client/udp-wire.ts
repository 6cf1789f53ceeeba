/** UDP as a wire of the client in Node. docs/udp.md. */
import { flag, type OptionsOf, options, readOptions, secret, value } from 'naru/base';
import type { ClientWire, Manager, Socket } from 'naru/client/wire';
import { accompany } from './lane.js';
import { NodeUdp } from './udp.js';

/** The table of the options of `udp`. */
export const udpClientTable = options('udp', {
  /** Secret shared with the server, as text or bytes. @default none */
  psk: secret(
    value<string | Uint8Array>(
      'a string or bytes',
      (given) => typeof given === 'string' || given instanceof Uint8Array,
    ),
  ),
  /** Whether to agree on a key that an eavesdropper cannot learn. @default true */
  keyExchange: flag(true),
  /**
   * Whether volatile events of connections on other wires go over UDP when the server offers it, or the endpoint to
   * use, such as `udp://host:4001`. @default false
   */
  lane: value<boolean | string>(
    'true, false or the address of an endpoint',
    (given) => typeof given === 'boolean' || typeof given === 'string',
  ),
});

/** Options of UDP in the client. */
export interface UdpClientOptions extends OptionsOf<typeof udpClientTable> {}

/**
 * UDP as a wire of the client: `io('udp://host:4001', { wires: [udp()] })`. With `lane`, volatile events of a
 * connection on another wire go over UDP. Throws ConfigError for invalid options.
 */
export function udp(given: UdpClientOptions = {}): ClientWire {
  const settings = readOptions(udpClientTable, given);
  return {
    transport: class extends NodeUdp {
      protected override get settings() {
        return settings;
      }
    },
    schemes: ['udp'],
    accompany: (connection) => accompany(connection as Manager<Socket>, settings),
  };
}
