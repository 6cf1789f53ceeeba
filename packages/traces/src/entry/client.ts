/** The entry `@naru/traces/client`: traces of a client's socket, in pages and in Node. */
export { type ClientTracesOptions, traceSocket } from '../client/trace-socket.js';
