/** The part of the W3C's WebTransport that is used, so that any object of that shape will do. https://www.w3.org/TR/webtransport/ */

/** How a session was closed: a code of 32 bits, of which 0 says that all is well, and up to 1,024 bytes of UTF-8. */
export interface WebTransportCloseInfo {
  closeCode?: number;
  reason?: string;
}

/** A stream of both directions. */
export interface WebTransportBidirectionalStream {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}

/** The datagrams of a session. Newer versions of the standard make writables with `createWritable`. */
export interface WebTransportDatagrams {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable?: WritableStream<Uint8Array>;
  createWritable?(): WritableStream<Uint8Array>;
  /** Bytes that fit one datagram now. */
  readonly maxDatagramSize?: number;
}

/** A WebTransport session, at either end. */
export interface WebTransportSession {
  /** Resolves when the session is established. */
  readonly ready: Promise<unknown>;
  /** Resolves with a WebTransportCloseInfo when either end closed the session, and rejects when the connection was lost. */
  readonly closed: Promise<unknown>;
  readonly incomingBidirectionalStreams: ReadableStream<WebTransportBidirectionalStream>;
  /** Absent where the implementation has none. */
  readonly datagrams?: WebTransportDatagrams;
  close(info?: WebTransportCloseInfo): void;
}
