/** The ids of new sockets. */
import type { SocketId } from '../event/target.js';

/** Returns the id of a new socket. Clients of Socket.IO 2 derive their socket id from the id of the session. */
export function newSocketId(
  namespace: { readonly name: string; createId(): SocketId },
  { protocol, id }: { readonly protocol: number; readonly id: string },
): SocketId {
  if (protocol !== 3) return namespace.createId();
  return namespace.name === '/' ? id : `${namespace.name}#${id}`;
}
