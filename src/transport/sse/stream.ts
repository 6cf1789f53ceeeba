/** What an event stream is to its transport, whatever it is written to. */
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { NodeInternals } from '../../node-internals/node-internals.js';
import { KEEP_ALIVE } from '../../protocol/event-stream/encode.js';
import { type PollingSettings, Wait } from '../polling/settings.js';
import { Piece } from './piece.js';

/** What a stream needs to know when it ends. */
export type CloseSettings = Pick<PollingSettings, 'closeDeadlines' | 'closing'>;

/** Who is told what becomes of a stream. */
export interface StreamOwner {
  readonly nodeInternals: NodeInternals;
  /** The stream takes more again. */
  onStreamDrained(stream: EventStream): void;
  /** The stream is over: it was written to its end, or its connection is gone. Called once. */
  onStreamEnded(stream: EventStream): void;
}

/** An open stream. */
export interface EventStream {
  /** Whether the connection takes more. */
  readonly writable: boolean;
  /** Bytes that were written and that the system has not taken yet. */
  readonly bufferedBytes: number;
  /** Writes a piece. */
  write(piece: Piece): void;
  /** Writes a last piece and ends; a client that does not read it is cut off when the time for a close is over. */
  end(piece: Piece, settings: CloseSettings): void;
  /** Cuts the connection. */
  destroy(): void;
}

/** What a stream begins with, so that its client knows at once that it is open. */
export const GREETING = new Piece(KEEP_ALIVE);

/** Holds back what is written until the end of this turn: the first event comes in the same turn, and one write is enough for all. */
export function corkForTurn(socket: Duplex): void {
  socket.cork();
  process.nextTick(uncork, socket);
}

/** Destroys a stream that is ending when its peer does not close it in time. */
export function destroyLate(stream: Duplex | ServerResponse, { closeDeadlines, closing }: CloseSettings): void {
  const wait = new Wait(() => stream.destroy());
  closeDeadlines.add(wait);
  closing?.add(stream);
  stream.once('close', () => {
    closeDeadlines.remove(wait);
    closing?.remove(stream);
  });
}

function uncork(socket: Duplex): void {
  socket.uncork();
}
