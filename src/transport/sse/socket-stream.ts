/** One event stream on a connection whose request was read without Node's parser: half of what a response costs. */
import type { Duplex } from 'node:stream';
import { KEEP_ALIVE } from '../../protocol/event-stream/encode.js';
import type { PollingSettings } from '../polling/settings.js';
import { Wait } from '../polling/wait.js';
import { Piece } from './piece.js';
import type { EventStream, StreamOwner } from './stream.js';

const LAST_CHUNK = '0\r\n\r\n';
const GREETING = new Piece(KEEP_ALIVE);

/** A stream that has its connection for itself, and closes it at its end. What its client still sends is not read. */
export class SocketStream implements EventStream {
  readonly #socket: Duplex;
  readonly #owner: StreamOwner;

  /** Answers with the head, of lines that stand in it besides what every answer has, and a comment. */
  constructor(socket: Duplex, headers: Readonly<Record<string, string>>, owner: StreamOwner) {
    this.#socket = socket;
    this.#owner = owner;
    socket.on('error', ignore);
    socket.on('end', destroy);
    socket.on('close', () => owner.onStreamEnded(this));
    socket.resume();
    let head = 'HTTP/1.1 200 OK\r\n';
    for (const name in headers) head += `${name}: ${headers[name]}\r\n`;
    head += `Date: ${new Date().toUTCString()}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n`;
    // The first event is on its way in this very turn, and one write is enough for all.
    socket.cork();
    process.nextTick(uncork, socket);
    socket.write(head, 'latin1');
    socket.write(GREETING.chunk);
  }

  get writable(): boolean {
    return !this.#socket.writableNeedDrain;
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  write(piece: Piece): void {
    const wasFull = this.#socket.writableNeedDrain;
    if (this.#socket.write(piece.chunk) || wasFull) return;
    this.#socket.once('drain', () => this.#owner.onStreamDrained(this));
  }

  end(piece: Piece, { closeDeadlines }: Pick<PollingSettings, 'closeDeadlines'>): void {
    const socket = this.#socket;
    if (socket.destroyed) return;
    const wait = new Wait(() => socket.destroy());
    closeDeadlines.add(wait);
    socket.once('close', () => closeDeadlines.remove(wait));
    socket.write(piece.chunk);
    socket.end(LAST_CHUNK);
    // As Node does it behind a last response: who does not close its half would keep the server from closing.
    socket.once('finish', destroy);
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** A connection that breaks is one that closes. */
function ignore(): void {}

function destroy(this: Duplex): void {
  this.destroy();
}

function uncork(socket: Duplex): void {
  socket.uncork();
}
