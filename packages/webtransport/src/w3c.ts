/**
 * The part of the W3C's WebTransport that we use, so that any object of that shape works.
 * https://www.w3.org/TR/webtransport/
 */

/** The close code of a session (32 bits, 0 for an ordinary end), and a reason of up to 1,024 bytes of UTF-8. */
export interface WebTransportCloseInfo {
  closeCode?: number;
  reason?: string;
}

/** A bidirectional stream. */
export interface WebTransportBidirectionalStream {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}

/** The datagrams of a session. Newer versions of the standard have `createWritable` instead of `writable`. */
export interface WebTransportDatagrams {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable?: WritableStream<Uint8Array>;
  createWritable?(): WritableStream<Uint8Array>;
  /** The most bytes that currently fit one datagram. */
  readonly maxDatagramSize?: number;
}

/** A WebTransport session, on the client or the server. */
export interface WebTransportSession {
  /** Resolves when the session is established. */
  readonly ready: Promise<unknown>;
  /**
   * Resolves with a WebTransportCloseInfo when either end has closed the session. Rejects when the connection is lost.
   */
  readonly closed: Promise<unknown>;
  readonly incomingBidirectionalStreams: ReadableStream<WebTransportBidirectionalStream>;
  /** Absent if the implementation does not support datagrams. */
  readonly datagrams?: WebTransportDatagrams;
  close(info?: WebTransportCloseInfo): void;
}
