/**
 * Takes the raw connection out of a socket, so that another process can have it, and makes a socket of one that came.
 * Node itself passes connections between the processes of `cluster` in this form. Passing the socket instead loses
 * bytes, because the process between begins to read.
 */
import { Socket } from 'node:net';

/** A connection of the system, without a stream. Opaque. */
export interface RawConnection {
  close(): void;
}

/** The parts of a connection that its socket uses. */
interface Used extends RawConnection {
  readStop?(): unknown;
  reading?: boolean;
  onread?: unknown;
}

/** The name under which Node keeps the connection of a socket. */
const CONNECTION = '_handle';

/** The setting of a new socket that names its connection. */
const OF_SETTINGS = 'handle';

type Open = Socket & { [CONNECTION]?: Used | null };

/**
 * Takes the connection out of a socket that nobody reads. The socket is closed then, and the connection is open.
 * Returns `undefined` and does nothing if this is not a plain TCP connection, or if the socket has more to give or to
 * write.
 */
export function takeRawConnection(socket: Socket): RawConnection | undefined {
  const connection = (socket as Open)[CONNECTION];
  const isIdle =
    socket.readableLength === 0 && socket.writableLength === 0 && !socket.destroyed && !socket.readableEnded;
  if (!connection || !isIdle || connection.constructor.name !== 'TCP') return undefined;
  if (typeof connection.readStop !== 'function') return undefined;
  connection.readStop();
  // The next socket would not begin to read otherwise.
  connection.reading = false;
  connection.onread = ignore;
  (socket as Open)[CONNECTION] = null;
  socket.destroy();
  return connection;
}

/** Returns the socket of a connection that another process has passed on, with the bytes that were read there. */
export function socketOfRaw(connection: RawConnection, bytes: Buffer): Socket {
  const settings = { [OF_SETTINGS]: connection, allowHalfOpen: true, readable: true, writable: true };
  const socket = new Socket(settings as object);
  if (bytes.length > 0) socket.unshift(bytes);
  return socket;
}

function ignore(): void {}
