/** Counts the bytes that the system has taken from a connection, with those of a write that it has not taken whole. */

/** The property of Node's sockets that holds what they write to. */
const CONNECTION = '_handle';

interface Connected {
  /** Bytes of all writes that have begun. */
  readonly bytesWritten?: unknown;
  /** Bytes of them that the system has not taken yet. */
  readonly writeQueueSize?: unknown;
}

/** Returns the number of bytes, or `undefined` for a stream that is not a connection of Node's own. */
export function takenBytes(stream: object): number | undefined {
  const { bytesWritten, writeQueueSize } = (stream as { readonly [CONNECTION]?: Connected | null })[CONNECTION] ?? {};
  if (typeof bytesWritten !== 'number' || typeof writeQueueSize !== 'number') return undefined;
  return bytesWritten - writeQueueSize;
}
