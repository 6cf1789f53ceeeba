/** The entry `naru/bridge`: the port by which nodes of another system have sockets in the namespaces of a server. */
export { isObject } from '../base/options/table.js';
export type { Room, SocketId, Target } from '../namespace/event/target.js';
export type {
  Bridge,
  BridgedNamespace,
  BridgeHost,
  FarListeners,
  FarNodes,
  OpenBridge,
  Span,
} from '../namespace/remote/bridge.js';
export { isFacts, isRooms, readEvent, readServerEvent } from '../namespace/remote/incoming.js';
export { actRecord, originOf } from '../namespace/remote/origins.js';
export type { FarAnswerHandler } from '../namespace/remote/questions.js';
export { EVERYBODY } from '../namespace/rooms.js';
export {
  type AnswerHandler,
  type FarSockets,
  type SocketAction,
  type SocketFacts,
  unanswered,
} from '../namespace/socket/far-sockets.js';
