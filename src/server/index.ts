/** What the door `naru` offers. */
export type { DefaultEventsMap, EventNames, EventParams, EventsMap } from '../base/event-map.js';
export type { DoorRules, OwnPresenceWish } from '../namespace/doors.js';
export type { HistoryEvent, HistoryPage, HistoryQuery } from '../namespace/history.js';
export type { KeyedAck, KeyOwner } from '../namespace/once.js';
export type { PresenceDetails, PresenceOptions, RoomPresence } from '../namespace/presence/room-presence.js';
export type { PresenceMember } from '../namespace/presence/roster.js';
export type { SlowPolicy, SlowPolicyName } from '../namespace/slow/policy.js';
export type { SlowReader, SlowReport, SlowTotals } from '../namespace/slow/table.js';
export type { DrainedOptions } from '../namespace/slow/waits.js';
export type { DisconnectReason } from '../namespace/socket-scope.js';
export type { DroppedMessage } from '../namespace/stomp/settings.js';
export type { Room, SocketId } from '../namespace/target.js';
export type { WebTransportSession } from '../transport/webtransport/w3c.js';
export type { CorsOptions, CorsOptionsDelegate, CorsSetting } from './cors-options.js';
export type { StompOptions } from './doors/stomp-options.js';
export type { TcpOptions } from './doors/tcp-options.js';
export type { WebTransportRequest } from './doors/webtransport.js';
export type { DrainOptions } from './drain.js';
export type { HistoryOptions, PresenceServerOptions } from './history-options.js';
export type {
  ConnectionStateRecoveryOptions,
  CookieOptions,
  EngineOptions,
  HttpCompressionOptions,
  IdempotencyOptions,
  PerMessageDeflateOptions,
  ServerOptions,
} from './options.js';
export type { SlowReadersOptions } from './slow-options.js';
export type { Event, ExtendedError, NodeServer } from './typed.js';
export { Namespace, Server, Socket } from './typed.js';
export type { BroadcastOperator, Handshake, RemoteSocket } from './typed-broadcast.js';
