/** How the loader dials where it must not be slower than a server: all reads of all connections land in one buffer. */
import { connect } from 'node:net';

/** The most bytes of one read. */
export const READ_BYTES_MAX = 65_536;

// Nothing is allocated for a read, and nothing of it is kept: it is counted at once, or copied.
const SHARED = Buffer.allocUnsafeSlow(READ_BYTES_MAX);

/**
 * A connection to a server of this machine. `onRead` gets the bytes in a buffer that is only good during the call, with their number;
 * `onLost` is told of an error, and of every end.
 * @param {number} port
 * @param {{ onRead(bytes: Buffer, size: number): void, onLost(error: Error): void }} to
 */
export function dial(port, { onRead, onLost }) {
  const socket = connect({
    port,
    host: '127.0.0.1',
    noDelay: true,
    onread: {
      buffer: SHARED,
      callback: (size) => {
        onRead(SHARED, size);
        return true;
      },
    },
  });
  socket.on('error', onLost);
  socket.on('close', () => onLost(new Error('the server closed a connection')));
  return socket;
}
