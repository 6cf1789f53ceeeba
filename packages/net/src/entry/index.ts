/** The entry `@naru/net`: sockets with promises and the verbs of Berkeley sockets. For Node. */
export type { Sendable } from 'naru/base';
export {
  ConfigError,
  type Endpoint,
  type EndpointRules,
  formatEndpoint,
  parseEndpoint,
  UnavailableError,
} from 'naru/base';
export { type Datagram, DatagramSocket } from '../datagram/datagram-socket.js';
export { connect, listen } from '../open.js';
export type { DatagramOptions, StreamOptions, TlsSettings, WaitOptions } from '../options.js';
export type { EndpointLike } from '../places.js';
export type { ListenOptions, StreamListener } from '../stream/stream-listener.js';
export { type RecvOptions, StreamSocket } from '../stream/stream-socket.js';
