/** The interface between an event stream and its transport, for streams on a response and on a bare connection. */
import type { Duplex } from 'node:stream';
import { KEEP_ALIVE } from '../../protocol/event-stream/encode.js';
import type { PollingSettings } from '../polling/settings.js';
import { Piece } from './piece.js';

/** Receives the events of a stream. */
export interface StreamOwner {
  readonly settings: Pick<PollingSettings, 'nodeInternals' | 'closeDeadlines' | 'closing'>;
  /** Called when the stream can take more again. */
  onStreamDrained(stream: EventStream): void;
  /** Called once, when the stream has been written to its end or its connection is gone. */
  onStreamEnded(stream: EventStream): void;
}

/** An open stream. */
export interface EventStream {
  /** Whether the connection can take more. */
  readonly writable: boolean;
  /** Bytes that were written and that the system has not taken yet. */
  readonly bufferedBytes: number;
  /** Writes a piece. */
  write(piece: Piece): void;
  /**
   * Writes a last piece and ends the stream. A client that does not read it is cut off when the time for a close is
   * over.
   */
  end(piece: Piece): void;
  /** Cuts the connection. */
  destroy(): void;
}

/** The first piece of every stream. It tells the client at once that the stream is open. */
export const GREETING = new Piece(KEEP_ALIVE);

/** Holds writes back until the end of this turn, so that the head and the first event leave in one write. */
export function corkForTurn(socket: Duplex): void {
  socket.cork();
  process.nextTick(uncork, socket);
}

function uncork(socket: Duplex): void {
  socket.uncork();
}
