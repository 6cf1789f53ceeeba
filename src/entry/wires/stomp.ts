/** The entry `naru/stomp`: STOMP as a wire of a server. */
export { ConfigError } from '../../base/errors.js';
export { stomp } from '../../server/optional-wires/stomp.js';
export type { DroppedMessage, StompOptions } from '../../wires/stomp/options.js';
