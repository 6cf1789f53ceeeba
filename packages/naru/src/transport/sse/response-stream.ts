/** An event stream that is written to one open HTTP response. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { destroyLate } from '../polling/destroy-late.js';
import type { Piece } from './piece.js';
import { SocketStream } from './socket-stream.js';
import { corkForTurn, type EventStream, GREETING, type StreamOwner } from './stream.js';

/**
 * An event stream on Node's response. Pieces go directly to the connection if possible, because the response would
 * split each of them into several small writes. A broadcast to a thousand recipients is then a thousand writes of one
 * buffer. The response itself is used over HTTP/2, while another response of the connection is ahead, and if Node's
 * internals are not available.
 */
export class ResponseStream implements EventStream {
  readonly #response: ServerResponse;
  readonly #owner: StreamOwner;
  /** The connection, if this stream has it alone until the response ends. */
  readonly #socket: Duplex | undefined;
  #isFull = false;

  /**
   * Writes the head and a comment, so that the client knows at once that the stream is open. Throws the errors of
   * `writeHead`.
   */
  constructor(response: ServerResponse, headers: OutgoingHttpHeaders, owner: StreamOwner) {
    this.#response = response;
    this.#owner = owner;
    const isAlone = response.req.httpVersionMajor === 1;
    // Over HTTP/1.1 the stream has the connection alone, so both end together. Over HTTP/2, streams share a connection.
    response.writeHead(200, isAlone ? { ...headers, Connection: 'close' } : headers);
    this.#socket = isAlone ? owner.settings.nodeInternals.socketOf(response) : undefined;
    if (this.#socket) corkForTurn(this.#socket);
    response.flushHeaders();
    // A stream may be silent for any time, until its server sends an event.
    response.setTimeout(0);
    response.on('close', () => owner.onStreamEnded(this));
    this.write(GREETING);
  }

  /**
   * Detaches the connection from Node's server and returns a stream on it, which replaces this one. Returns `undefined`
   * if that is not possible; this stream then stays in use. Call it in a turn of its own, not while a request is being
   * parsed.
   */
  detach(): SocketStream | undefined {
    const response = this.#response;
    const socket = this.#socket && this.#owner.settings.nodeInternals.detachBegunSocket(response.req, response);
    return socket && new SocketStream(socket, this.#owner, response.chunkedEncoding);
  }

  get writable(): boolean {
    return !this.#isFull;
  }

  get bufferedBytes(): number {
    return this.#socket ? this.#socket.writableLength : this.#response.writableLength;
  }

  write(piece: Piece): void {
    if (this.#write(piece) || this.#isFull) return;
    this.#isFull = true;
    (this.#socket ?? this.#response).once('drain', () => {
      this.#isFull = false;
      this.#owner.onStreamDrained(this);
    });
  }

  end(piece: Piece): void {
    this.#write(piece);
    destroyLate(this.#response, this.#owner.settings);
    this.#response.end();
  }

  destroy(): void {
    this.#response.destroy();
  }

  #write(piece: Piece): boolean {
    // A write to a destroyed response would raise an error.
    if (this.#response.destroyed) return true;
    if (!this.#socket) return this.#response.write(piece.text);
    return this.#socket.write(this.#response.chunkedEncoding ? piece.chunk : piece.text);
  }
}
