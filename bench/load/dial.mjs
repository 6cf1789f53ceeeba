/** Dials for loads that must not be slower than a server: all reads of all connections share one buffer. */
import { connect } from 'node:net';

/** The most bytes of one read. */
export const READ_BYTES_MAX = 65_536;

// A read allocates and keeps nothing: its bytes are counted at once, or copied.
const SHARED = Buffer.allocUnsafeSlow(READ_BYTES_MAX);

/**
 * Connects to a server on this machine. `onRead` gets the bytes in a buffer that is only valid during the call, and
 * their number. `onLost` is called with an error, and at every end.
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
