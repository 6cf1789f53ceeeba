/** The entry `naru/udp`: UDP as a wire of a server, and lanes beside other wires. */
export { ConfigError, UnavailableError } from '../../base/errors.js';
export { udp } from '../../server/optional-wires/udp.js';
export type { UdpOptions } from '../../server/optional-wires/udp-options.js';
export { webrtc } from '../../server/optional-wires/webrtc.js';
export type { WebRtcOptions } from '../../server/optional-wires/webrtc-options.js';
