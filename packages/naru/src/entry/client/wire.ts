/** The entry `naru/client/wire`: what a wire of the client needs. It runs in pages, too. */
export { listen } from '../../client/emitter.js';
export { isBlob, toBinaryType } from '../../client/engine/data.js';
export type { EngineSocket } from '../../client/engine/engine.js';
export type { ClientWire, EngineData, OutgoingPacket } from '../../client/engine/options.js';
export { chooseTimers } from '../../client/engine/timers.js';
export { Transport, transportError } from '../../client/engine/transport.js';
export { addBrackets, parseAddress } from '../../client/engine/uri.js';
export { causeOf } from '../../client/failure.js';
export { inMicrotask } from '../../client/microtask.js';
export { applicationQuery } from '../../client/node/query.js';
export type { Manager } from '../../client/socket/manager.js';
export { decodeMessage } from '../../client/socket/packet-codec.js';
export type { Socket } from '../../client/socket/socket.js';
