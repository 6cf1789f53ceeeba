/**
 * An event stream on a bare connection. Without Node's parser, request and response, it costs less than half as much.
 */
import type { Buffer } from 'node:buffer';
import type { Duplex } from 'node:stream';
import { destroyLate } from '../polling/destroy-late.js';
import type { Piece } from './piece.js';
import { corkForTurn, type EventStream, GREETING, type StreamOwner } from './stream.js';

const LAST_CHUNK = '0\r\n\r\n';
// A client should send nothing after its request. A few bytes do no harm and are ignored; a client that sends more is
// cut off.
const DISCARD_BYTES_MAX = 16 * 1024;

const STREAM = Symbol('naru.sse');

interface Owned extends Duplex {
  [STREAM]: SocketStream;
}

/**
 * An event stream that has its connection alone and closes it at the end. Data that the client still sends is
 * discarded.
 */
export class SocketStream implements EventStream {
  readonly #socket: Owned;
  readonly #owner: StreamOwner;
  readonly #isChunked: boolean;
  #isFull = false;
  /** Bytes that were written directly, around the connection's queue, and that the system has not taken yet. */
  #heldBytes = 0;
  #discardedBytes = 0;

  /**
   * Continues after a head that was already written. `isChunked` says whether the head announced the chunked coding.
   */
  constructor(socket: Duplex, owner: StreamOwner, isChunked: boolean) {
    this.#socket = socket as Owned;
    this.#owner = owner;
    this.#isChunked = isChunked;
    this.#socket[STREAM] = this;
    socket.on('error', ignore).on('end', destroy);
    socket.on('close', SocketStream.#onClose).on('data', SocketStream.#onData);
    if (socket.writableNeedDrain) this.#block();
  }

  /** Opens a stream: writes a head with `headers` and the usual lines, then a comment. */
  static open(socket: Duplex, headers: Readonly<Record<string, string>>, owner: StreamOwner): SocketStream {
    const stream = new SocketStream(socket, owner, true);
    let head = 'HTTP/1.1 200 OK\r\n';
    for (const name in headers) head += `${name}: ${headers[name]}\r\n`;
    head += `Date: ${new Date().toUTCString()}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n`;
    corkForTurn(socket);
    socket.write(head, 'latin1');
    socket.write(GREETING.chunk);
    return stream;
  }

  get writable(): boolean {
    return !this.#isFull;
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength + this.#heldBytes;
  }

  write(piece: Piece): void {
    const bytes = this.#isChunked ? piece.chunk : piece.text;
    if (!this.#isFull) {
      const outcome = this.#owner.settings.nodeInternals.writeDirectly(this.#socket, bytes, SocketStream.#onTaken);
      if (outcome === 'taken') return;
      if (outcome === 'held') {
        this.#isFull = true;
        this.#heldBytes = bytes.byteLength;
        return;
      }
    }
    const isTaken = this.#socket.write(bytes);
    if (!isTaken && !this.#isFull) this.#block();
  }

  end(piece: Piece): void {
    const socket = this.#socket;
    if (socket.destroyed) return;
    destroyLate(socket, this.#owner.settings);
    this.write(piece);
    socket.end(this.#isChunked ? LAST_CHUNK : undefined);
    // Node does the same after the last response: a client that does not close its half would keep the server from
    // closing.
    socket.once('finish', destroy);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #block(): void {
    this.#isFull = true;
    this.#socket.once('drain', SocketStream.#onDrain);
  }

  // The listeners are static, so that a stream needs no closures of its own.
  static readonly #onData = function (this: Owned, bytes: Buffer): void {
    const stream = this[STREAM];
    stream.#discardedBytes += bytes.byteLength;
    if (stream.#discardedBytes > DISCARD_BYTES_MAX) this.destroy();
  };

  static readonly #onDrain = function (this: Owned): void {
    SocketStream.#onTaken(this);
  };

  static readonly #onClose = function (this: Owned): void {
    this[STREAM].#owner.onStreamEnded(this[STREAM]);
  };

  static #onTaken({ [STREAM]: stream }: Owned): void {
    stream.#isFull = false;
    stream.#heldBytes = 0;
    stream.#owner.onStreamDrained(stream);
  }
}

/** A broken connection needs no extra code: `close` follows the error. */
function ignore(): void {}

function destroy(this: Duplex): void {
  this.destroy();
}
