/** Says something to one connection, or to those of this process, that nobody has to find in the log: who one is, a ride, who came and went. */
import type { RiderSocket } from './riders.js';

/** One connection, past the log: what goes here is delivered in its order, and kept nowhere. */
export function whisper(socket: RiderSocket): ReturnType<RiderSocket['nsp']['to']> {
  return socket.nsp.local.to(socket.id);
}
