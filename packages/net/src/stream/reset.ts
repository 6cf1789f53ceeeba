/** Ends a connection at once. */
import type { Socket } from 'node:net';

/**
 * Ends a connection at once, with a TCP reset if possible. TLS and Unix sockets are only closed, and so is a socket
 * that has written all its data and is shutting down.
 */
export function reset(socket: Socket): void {
  // libuv refuses to reset a socket that is shutting down, and Node would leak the file descriptor.
  const isShutting = socket.writableEnded && socket.writableLength === 0 && !socket.writableFinished;
  if (isShutting) socket.destroy();
  else {
    try {
      socket.resetAndDestroy();
    } catch {
      // Node resets only plain TCP sockets.
      socket.destroy();
    }
  }
}
