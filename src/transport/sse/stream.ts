/** What an event stream is to its transport, whatever it is written to. */
import type { NodeInternals } from '../../node-internals/node-internals.js';
import type { PollingSettings } from '../polling/settings.js';
import type { Piece } from './piece.js';

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
  end(piece: Piece, settings: Pick<PollingSettings, 'closeDeadlines' | 'closing'>): void;
  /** Cuts the connection. */
  destroy(): void;
}
