/** The entry `naru/net`: sockets with promises and the verbs of Berkeley sockets. For Node. */
export type { Sendable } from '../base/buffer.js';
export { type Endpoint, type EndpointRules, formatEndpoint, parseEndpoint } from '../base/endpoint.js';
export { ConfigError, UnavailableError } from '../base/errors.js';
export { type Datagram, DatagramSocket } from '../net/datagram/datagram-socket.js';
export { connect, listen } from '../net/open.js';
export type { DatagramOptions, StreamOptions, TlsSettings, WaitOptions } from '../net/options.js';
export type { EndpointLike } from '../net/places.js';
export type { ListenOptions, StreamListener } from '../net/stream/stream-listener.js';
export { type RecvOptions, StreamSocket } from '../net/stream/stream-socket.js';
