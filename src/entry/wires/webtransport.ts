/** The entry `naru/webtransport`: takes WebTransport sessions for a server. */
export { acceptWebTransport, type WebTransportRequest } from '../../server/optional-wires/webtransport.js';
export type { WebTransportSession } from '../../transport/webtransport/w3c.js';
