/** The server and the sockets of the application, with their typed events. */
import type { Server, Socket } from 'naru';
import type { FromPage, FromServer } from '../shared/protocol.js';

/** The Naru server of the application. */
export type LiveServer = Server<FromPage, FromServer>;

/** One connection of a page. */
export type LiveSocket = Socket<FromPage, FromServer>;

/** The clocks of the application. `main.ts` hands over those of Node, and tests ones that they move. */
export interface LiveClock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds of a clock that nobody sets. */
  steady(): number;
}

/** Addresses one socket past the log: `local` delivers in order and keeps nothing, so nobody can read it later. */
export function unlogged(socket: LiveSocket): ReturnType<LiveSocket['nsp']['to']> {
  return socket.nsp.local.to(socket.id);
}
