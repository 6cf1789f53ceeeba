/** The entry `@naru/udp/client`: UDP as a wire of the client in Node. */
export { ConfigError, UnavailableError } from 'naru/base';
export { type UdpClientOptions, udp } from '../client/udp-wire.js';
