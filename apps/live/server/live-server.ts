/** The server and the sockets of the application, with their typed events. */
import type { Server, Socket } from 'naru';
import type { FromPage, FromServer } from '../shared/protocol.js';

/** The Naru server of the application. */
export type LiveServer = Server<FromPage, FromServer>;

/** One connection of a page. */
export type LiveSocket = Socket<FromPage, FromServer>;

/** Addresses one socket past the log: `local` delivers in order and keeps nothing, so nobody can read it later. */
export function unlogged(socket: LiveSocket): ReturnType<LiveSocket['nsp']['to']> {
  return socket.nsp.local.to(socket.id);
}
