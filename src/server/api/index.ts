/** What the entry `naru` offers. */
export type { DefaultEventsMap, EventNames, EventParams, EventsMap } from '../../base/event-map.js';
export type { BroadcastOperator, RemoteSocket } from '../../namespace/broadcast.js';
export type { HistoryEvent, HistoryPage, HistoryQuery } from '../../namespace/history/history.js';
export { Namespace } from '../../namespace/namespace.js';
export type { KeyedAck, KeyOwner } from '../../namespace/once/once.js';
export type { OwnPresenceWish, PermissionRules } from '../../namespace/permissions/permissions.js';
export type { PresenceDetails, PresenceOptions, RoomPresence } from '../../namespace/presence/room-presence.js';
export type { PresenceMember } from '../../namespace/presence/roster.js';
export type { DrainedOptions } from '../../namespace/slow-readers/drain-waits.js';
export type { SlowPolicy, SlowPolicyName } from '../../namespace/slow-readers/policy.js';
export type { SlowReader, SlowReport, SlowTotals } from '../../namespace/slow-readers/slow-table.js';
export type { DisconnectReason } from '../../namespace/socket/disconnect-reason.js';
export type { Handshake } from '../../namespace/socket/handshake.js';
export type { Event } from '../../namespace/socket/interceptors.js';
export type { ExtendedError } from '../../namespace/socket/middleware.js';
export { Socket } from '../../namespace/socket/socket.js';
export type { Room, SocketId } from '../../namespace/target.js';
export type { WebTransportSession } from '../../transport/webtransport/w3c.js';
export type { DroppedMessage } from '../../wires/stomp/settings.js';
export type { WebTransportRequest } from '../endpoints/webtransport.js';
export type { CorsOptions, CorsOptionsDelegate, CorsSetting } from '../options/cors-options.js';
export type { HistoryOptions, PresenceServerOptions } from '../options/history-options.js';
export type {
  ConnectionStateRecoveryOptions,
  CookieOptions,
  EngineOptions,
  HttpCompressionOptions,
  IdempotencyOptions,
  PerMessageDeflateOptions,
  ServerOptions,
} from '../options/options.js';
export type { SlowReadersOptions } from '../options/slow-options.js';
export type { StompOptions } from '../options/stomp-options.js';
export type { TcpOptions } from '../options/tcp-options.js';
export type { DrainOptions } from './drain.js';
export { type NodeServer, Server } from './server.js';
