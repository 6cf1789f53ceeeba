/** One event stream on a bare connection, without Node's parser, request and response: less than half of what those cost. */
import type { Buffer } from 'node:buffer';
import type { Duplex } from 'node:stream';
import type { Piece } from './piece.js';
import {
  type CloseSettings,
  corkForTurn,
  destroyLate,
  type EventStream,
  GREETING,
  type StreamOwner,
} from './stream.js';

const LAST_CHUNK = '0\r\n\r\n';
// A client has nothing to say behind its request. A little is ignored, since it does no harm.
const DISCARD_BYTES_MAX = 16 * 1024;

const STREAM = Symbol('naru.sse');

interface Owned extends Duplex {
  [STREAM]: SocketStream;
}

// Set in the class, which has the private fields.
let onTaken: (socket: Owned) => void;

/** A stream that has its connection for itself, and closes it at its end. What its client still sends is not read. */
export class SocketStream implements EventStream {
  readonly #socket: Owned;
  readonly #owner: StreamOwner;
  readonly #isChunked: boolean;
  #isFull = false;
  /** Bytes that were written past the queue of the connection and that the system has not taken yet. */
  #heldBytes = 0;
  #discardedBytes = 0;

  /** Goes on behind a head that was written, which says whether there are chunks. */
  constructor(socket: Duplex, owner: StreamOwner, isChunked: boolean) {
    this.#socket = socket as Owned;
    this.#owner = owner;
    this.#isChunked = isChunked;
    this.#socket[STREAM] = this;
    socket.on('error', ignore).on('end', destroy);
    socket.on('close', SocketStream.#onClose).on('data', SocketStream.#onData);
    if (socket.writableNeedDrain) this.#block();
  }

  /** Answers with the head, of lines that stand in it besides what every answer has, and a comment. */
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
      const outcome = this.#owner.nodeInternals.writeDirectly(this.#socket, bytes, onTaken);
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

  end(piece: Piece, settings: CloseSettings): void {
    const socket = this.#socket;
    if (socket.destroyed) return;
    destroyLate(socket, settings);
    this.write(piece);
    socket.end(this.#isChunked ? LAST_CHUNK : undefined);
    // As Node does it behind a last response: who does not close its half would keep the server from closing.
    socket.once('finish', destroy);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #block(): void {
    this.#isFull = true;
    this.#socket.once('drain', SocketStream.#onDrain);
  }

  // The listeners belong to the class, so that no stream has closures of its own.
  static readonly #onData = function (this: Owned, bytes: Buffer): void {
    const stream = this[STREAM];
    stream.#discardedBytes += bytes.byteLength;
    if (stream.#discardedBytes > DISCARD_BYTES_MAX) this.destroy();
  };

  static readonly #onDrain = function (this: Owned): void {
    onTaken(this);
  };

  static readonly #onClose = function (this: Owned): void {
    this[STREAM].#owner.onStreamEnded(this[STREAM]);
  };

  static {
    onTaken = ({ [STREAM]: stream }) => {
      stream.#isFull = false;
      stream.#heldBytes = 0;
      stream.#owner.onStreamDrained(stream);
    };
  }
}

/** A connection that breaks is one that closes. */
function ignore(): void {}

function destroy(this: Duplex): void {
  this.destroy();
}
