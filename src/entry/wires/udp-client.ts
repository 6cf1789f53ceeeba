/** The entry `naru/udp/client`: UDP as a wire of the client in Node. */
export { ConfigError, UnavailableError } from '../../base/errors.js';
export { type UdpClientOptions, udp } from '../../client/node/udp-wire.js';
