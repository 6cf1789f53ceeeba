/** The types that `naru/client` exports on every platform. */

export type { DefaultEventsMap } from '../base/event-map.js';
export type { EngineEvents } from './engine/engine.js';
export type {
  BinaryType,
  ClientTransport,
  CloseDetails,
  EngineOptions,
  TransportClass,
  TransportOptions,
  WriteOptions,
} from './engine/options.js';
export type { TransportError } from './engine/transport.js';
export type {
  DisconnectDescription,
  DisconnectReason,
  ExtendedError,
  ManagerReservedEvents,
  SocketReservedEvents,
} from './socket/events.js';
export type { Member, MemberList, NaruEvents } from './socket/naru-events.js';
export type { ClientOptions, ManagerOptions, SocketOptions } from './socket/options.js';
