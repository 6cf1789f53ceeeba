/** The entry `@naru/stomp`: STOMP as a wire of a server. */
export { ConfigError } from 'naru/base';
export type { DroppedMessage, StompOptions } from '../options.js';
export { stomp } from '../stomp.js';
