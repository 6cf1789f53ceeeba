/** The exports of the entry `naru`. */
export type { BackplaneState } from '../../backplane/backplane.js';
export type { TalkLosses } from '../../backplane/talk/talk.js';
export type { DefaultEventsMap, EventNames, EventParams, EventsMap } from '../../base/event-map.js';
export type { Mark } from '../../namespace/event/marks.js';
export type { Room, SocketId } from '../../namespace/event/target.js';
export type { HistoryEvent, HistoryOptions, HistoryPage, HistoryQuery } from '../../namespace/history/history.js';
export type { BackplaneCounts, BackplaneTraffic } from '../../namespace/log/counts.js';
export { Namespace } from '../../namespace/namespace.js';
export type { KeyedAck } from '../../namespace/once/once.js';
export type { IdempotencyOptions, KeyOwner } from '../../namespace/once/options.js';
export type { OwnPresenceWish, PermissionRules } from '../../namespace/permissions/permissions.js';
export type { PresenceDetails, PresenceOptions, RoomPresence } from '../../namespace/presence/room-presence.js';
export type { PresenceMember } from '../../namespace/presence/roster.js';
export type { PresenceServerOptions } from '../../namespace/presence/settings.js';
export type { NodeInfo } from '../../namespace/remote/nodes.js';
export type { NodeSlowReader, NodesSlowReport } from '../../namespace/remote/server-calls.js';
export type { DrainedOptions } from '../../namespace/slow-policies/drain-waits.js';
export type { SlowPolicy } from '../../namespace/slow-policies/policy.js';
export type { BroadcastOperator, RemoteSocket } from '../../namespace/socket/broadcast.js';
export type { DisconnectReason } from '../../namespace/socket/disconnect-reason.js';
export type { Handshake } from '../../namespace/socket/handshake.js';
export type { Event } from '../../namespace/socket/interceptors.js';
export type { ExtendedError } from '../../namespace/socket/middleware.js';
export { Socket } from '../../namespace/socket/socket.js';
export type { SlowPolicyName, SlowReader, SlowReport, SlowTotals } from '../../session/slow-report.js';
export type { DeflateOptions as PerMessageDeflateOptions } from '../../transport/websocket/deflate/settings.js';
export type { CorsOptions, CorsOptionsDelegate, CorsSetting } from '../options/cors-options.js';
export type { CookieOptions, EngineOptions, HttpCompressionOptions } from '../options/engine-options.js';
export type { ConnectionStateRecoveryOptions } from '../options/options.js';
export type { SlowReadersOptions } from '../options/slow-options.js';
export type { TcpOptions } from '../options/tcp-options.js';
export type { BackplaneEvents, ServerBackplane } from './backplane.js';
export type { NodeServer } from './base-server.js';
export type { DrainOptions } from './drain.js';
export {
  type DroppedMessage,
  Server,
  type ServerOptions,
  type StompOptions,
  type WebTransportRequest,
  type WebTransportSession,
} from './server.js';
