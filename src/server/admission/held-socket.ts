/** Holds a socket that nobody reads yet, because somebody has to decide about it first, or because it is not its turn. */
import type { Duplex } from 'node:stream';

/**
 * Holds a socket until the function is called that this gives. Meanwhile it is destroyed when its peer goes, or when it fails; what the
 * peer sends stays in it, as far as its buffer goes, for whoever reads it then.
 */
export function holdSocket(socket: Duplex): () => void {
  socket.on('error', destroy).on('end', destroy).on('readable', look);
  return () => {
    socket.off('error', destroy).off('end', destroy).off('readable', look);
  };
}

/** The end of a stream shows only to who reads, and a read of nothing takes nothing away. */
function look(this: Duplex): void {
  if (this.readableLength === 0) this.read();
}

function destroy(this: Duplex): void {
  this.destroy();
}
