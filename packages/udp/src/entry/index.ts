/** The entry `@naru/udp`: UDP as a wire of a server, and lanes beside other wires. */
export { ConfigError, UnavailableError } from 'naru/base';
export { udp } from '../server/udp.js';
export type { UdpOptions } from '../server/udp-options.js';
export { webrtc } from '../server/webrtc.js';
export type { WebRtcOptions } from '../server/webrtc-options.js';
