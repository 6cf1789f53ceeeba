/** The entry `naru/wire`: what a wire of the server needs, such as transports, sessions, endpoints and sockets. */
export type { ClientCall } from '../namespace/client-calls.js';
export type { NamespaceFinder } from '../namespace/connection.js';
export type { NamespaceContext } from '../namespace/context.js';
export { eventOf, OutgoingEvent } from '../namespace/event/outgoing-event.js';
export { isPersonRoom } from '../namespace/event/person-room.js';
export { enterWithHistory } from '../namespace/history/entering.js';
export type { HistoryRecords } from '../namespace/history/history.js';
export {
  type HistoryAnswered,
  type HistoryWish,
  historyGap,
  mayReadHistory,
} from '../namespace/history/history-query.js';
export type { NamespaceCore } from '../namespace/namespace-core.js';
export { KEY_MAX, SECRET_KEY_MIN } from '../namespace/once/once-key.js';
export type { KeyOwner } from '../namespace/once/options.js';
export type { Answered, Refusal } from '../namespace/permissions/permissions.js';
export type { DisconnectReason } from '../namespace/socket/disconnect-reason.js';
export { ONCE } from '../namespace/socket/reserved.js';
export type { Member } from '../namespace/socket/socket.js';
export type { Admission } from '../server/admission/admission.js';
export { type PaceRefusal, retryAfter } from '../server/admission/handshake-pace.js';
export { HandshakeWaits } from '../server/admission/handshake-waits.js';
export {
  type Refusal as AdmissionRefusal,
  type Refusals,
  refuse,
  tellTurnedAway,
} from '../server/admission/refusals.js';
export { readVersion } from '../server/api/version.js';
export type { EndpointContext, HttpEndpoint, ServerEndpoint, Wire } from '../server/endpoints/endpoint.js';
export type { EndpointLock } from '../server/endpoints/endpoint-lock.js';
export { readServerEndpoint } from '../server/endpoints/opened-endpoints.js';
export { StreamEndpoint, tlsOf } from '../server/endpoints/stream-endpoint.js';
export { tcpWire } from '../server/endpoints/tcp.js';
export { toPrefix } from '../server/engine/attach.js';
export type { EngineMiddleware } from '../server/engine/engine-middleware.js';
export type { EngineServer } from '../server/engine/engine-server.js';
export { pickUpgradeHeaders } from '../server/engine/upgrade-headers.js';
export type { Upgrades } from '../server/engine/upgrades.js';
export { webSocketSettingsOf } from '../server/engine/websocket-acceptor.js';
export type { EngineSettings } from '../server/options/engine-options.js';
export { type LinksOptions, linksTable } from '../server/options/links-options.js';
export { HandshakeRequest, withQuery } from '../session/handshake-request.js';
export type { Session } from '../session/session.js';
export { EncodedPacket, type EngineProtocol, type Unit } from '../transport/encoded-packet.js';
export { PacketList } from '../transport/packet-list.js';
export { RawStreamTransport } from '../transport/tcp/raw-stream-transport.js';
export type { StreamSettings } from '../transport/tcp/stream-transport.js';
export {
  BaseTransport,
  CARRIES_ALL,
  type Carries,
  NOBODY,
  type Transport,
  type TransportHandler,
  type TransportName,
} from '../transport/transport.js';
export { acceptUpgrade, refuseUpgrade } from '../transport/websocket/accept.js';
export { PLAIN_WEBSOCKET_HANDLER, PlainWebSocketTransport } from '../transport/websocket/plain-transport.js';
export type { WebSocketSettings } from '../transport/websocket/settings.js';
export { askAll, type Question } from '../wires/ask-all.js';
export { epochOf, readMark, writeMark } from '../wires/events/last-event-id.js';
export { bodyTypeOf, charsetOf, isJson } from '../wires/events/publication.js';
export { jsonOf } from '../wires/events/wire.js';
export { PlainConnection } from '../wires/plain-connection.js';
