/** The types that `naru/client` exports on every platform. */
export type {
  DisconnectDescription,
  DisconnectReason,
  ExtendedError,
  ManagerReservedEvents,
  SocketReservedEvents,
} from './contract.js';
export type { EngineEvents } from './engine.js';
export type {
  BinaryType,
  ClientTransport,
  CloseDetails,
  EngineOptions,
  TransportClass,
  TransportOptions,
  WriteOptions,
} from './engine-options.js';
export type { ClientOptions, ManagerOptions, SocketOptions } from './options.js';
export type { TransportError } from './transport.js';
