/** The entry `@naru/stomp/protocol`: the codec of STOMP frames, for clients. */
export { StompDecoder } from '../protocol/decoder.js';
export { encodeFrame, encodeTextFrame, SERVER_COMMANDS, type StompFrame } from '../protocol/frame.js';
export { STOMP_PORTS } from '../protocol/ports.js';
