/** The entry `@naru/webtransport`: takes WebTransport sessions for a server. */
export { acceptWebTransport, type WebTransportRequest } from '../accept.js';
export type { WebTransportBidirectionalStream, WebTransportCloseInfo, WebTransportSession } from '../w3c.js';
