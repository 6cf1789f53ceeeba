/** The server and the sockets of the chat, with its typed events. */
import type { Server, Socket } from 'naru';
import type { FromPage, FromServer } from '../shared/protocol.js';

/** The Naru server of the chat. */
export type ChatServer = Server<FromPage, FromServer>;

/** One connection of the chat. */
export type RiderSocket = Socket<FromPage, FromServer>;

/** Addresses one socket past the log: `local` delivers in order and keeps nothing, so nobody can read it later. */
export function unlogged(socket: RiderSocket): ReturnType<RiderSocket['nsp']['to']> {
  return socket.nsp.local.to(socket.id);
}
