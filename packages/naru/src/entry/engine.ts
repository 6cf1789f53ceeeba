/** The entry `naru/engine`: the connection below events, at both ends. */
export { ConfigError, ProtocolError, UnavailableError } from '../base/errors.js';
export { type EngineOptions as ClientOptions, EngineSocket } from '../client/index.js';
export type { ConnectionError } from '../server/admission/refusals.js';
export type { AnyHttpServer, RequestTarget } from '../server/engine/attach.js';
export type { EngineMiddlewareFunction } from '../server/engine/engine-middleware.js';
export { EngineServer as Server } from '../server/engine/engine-server.js';
export { attach, type ListeningEngine, listen, protocol } from '../server/engine/listening-engine.js';
export type { CookieOptions, EngineOptions, HttpCompressionOptions } from '../server/options/engine-options.js';
export type { SendOptions } from '../session/message.js';
export { Session as Socket } from '../session/session.js';
export type { SessionCloseReason } from '../session/session-events.js';
export type { DeflateOptions as PerMessageDeflateOptions } from '../transport/websocket/deflate/settings.js';
