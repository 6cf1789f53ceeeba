/** Ends a connection at once. */
import type { Socket } from 'node:net';

/**
 * Ends a connection at once, and tells the peer by a TCP reset where there is one: TLS and Unix sockets are only closed, and so is one
 * that is just being shut down behind all its data.
 */
export function reset(socket: Socket): void {
  // libuv refuses to reset then, and Node would lose the file descriptor.
  const isShutting = socket.writableEnded && socket.writableLength === 0 && !socket.writableFinished;
  if (isShutting) socket.destroy();
  else {
    try {
      socket.resetAndDestroy();
    } catch {
      // Node refuses to reset what is not plain TCP.
      socket.destroy();
    }
  }
}
