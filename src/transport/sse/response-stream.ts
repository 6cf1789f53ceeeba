/** One response that stays open and carries an event stream. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Piece } from './piece.js';
import { SocketStream } from './socket-stream.js';
import {
  type CloseSettings,
  corkForTurn,
  destroyLate,
  type EventStream,
  GREETING,
  type StreamOwner,
} from './stream.js';

/**
 * A stream. Its pieces are written to the connection as they are, past the response, which would make several small writes of each:
 * so a thousand recipients cost a thousand writes of one buffer. The response itself writes over HTTP/2, where another response of the
 * connection comes first, and without Node's internals.
 */
export class ResponseStream implements EventStream {
  readonly #response: ServerResponse;
  readonly #owner: StreamOwner;
  /** The connection, where it is ours alone until the response ends. */
  readonly #socket: Duplex | undefined;
  #isFull = false;

  /** Answers with the head and a comment, so that a client knows at once that it is open. Throws what `writeHead` throws. */
  constructor(response: ServerResponse, headers: OutgoingHttpHeaders, owner: StreamOwner) {
    this.#response = response;
    this.#owner = owner;
    const isAlone = response.req.httpVersionMajor === 1;
    // The connection ends with the stream, which has it for itself; over HTTP/2 streams share one.
    response.writeHead(200, isAlone ? { ...headers, Connection: 'close' } : headers);
    this.#socket = isAlone ? owner.nodeInternals.socketOf(response) : undefined;
    if (this.#socket) corkForTurn(this.#socket);
    response.flushHeaders();
    // A stream is silent for as long as its server has nothing to say.
    response.setTimeout(0);
    response.on('close', () => owner.onStreamEnded(this));
    this.write(GREETING);
  }

  /**
   * The same stream on the bare connection, which Node's server lets go of: it is to be used from here on instead of this one.
   * `undefined` where that cannot be, and this one stays. Call it in a turn of its own, not while a request is being parsed.
   */
  detach(): SocketStream | undefined {
    const response = this.#response;
    const socket = this.#socket && this.#owner.nodeInternals.detachBegunSocket(response.req, response);
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

  end(piece: Piece, settings: CloseSettings): void {
    this.#write(piece);
    destroyLate(this.#response, settings);
    this.#response.end();
  }

  destroy(): void {
    this.#response.destroy();
  }

  #write(piece: Piece): boolean {
    // What is written to a response that is gone would be an error of it, which nobody expects.
    if (this.#response.destroyed) return true;
    if (!this.#socket) return this.#response.write(piece.text);
    return this.#socket.write(this.#response.chunkedEncoding ? piece.chunk : piece.text);
  }
}
