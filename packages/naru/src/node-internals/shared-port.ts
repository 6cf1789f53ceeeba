/**
 * Takes several connections in a turn of the event loop from a port that the workers share. Node takes one from each
 * listening socket, however long the turn was, so the clients of busy workers would wait for seconds. A port may have
 * several sockets.
 */
import { Server } from 'node:net';
import type { RawConnection } from './raw-connection.js';

/** A listening socket, as Node keeps it. */
interface Listening extends RawConnection {
  close(...args: unknown[]): void;
  onconnection(status: number, connection?: RawConnection): void;
  listen(backlog: number): number;
}

/** The name under which Node keeps the socket of a server, and that of the function that asks the primary for one. */
const SOCKET = '_handle';
const GET_SERVER = '_getServer';
/** Connections that may wait in the system, as Node sets it by default. */
const BACKLOG = 511;

/** A port on which a server of this worker and those of other workers listen. */
export interface SharedPort {
  /** The address of the port. It is the same text in all workers. */
  readonly name: string;
  readonly socket: RawConnection;
  /** Gives a connection to the server. */
  take(connection: RawConnection): void;
  /** Takes connections from one more socket of the port, until the server closes. */
  add(copy: RawConnection): void;
}

/** `node:cluster` in a worker. */
interface WorkerSide {
  [GET_SERVER]?(server: unknown, ...rest: unknown[]): unknown;
}

/** Returns whether it keeps a new connection of a port from the server. */
export type Pass = (connection: RawConnection, port: SharedPort) => boolean;

/**
 * Calls back with each port that a server of this worker begins to share. Does nothing in a version of Node that works
 * otherwise. Each worker then takes one connection in a turn.
 */
export function onSharedPort(cluster: WorkerSide, listener: (port: SharedPort) => void, pass: Pass): void {
  const getServer = cluster[GET_SERVER];
  if (typeof getServer !== 'function') return;
  cluster[GET_SERVER] = function (this: unknown, server, ...rest) {
    const onListening = (): void => {
      const socket = (server as { [SOCKET]?: Partial<Listening> | null })[SOCKET];
      if (socket?.onconnection && socket.listen) listener(share(server as Server, socket as Listening, pass));
    };
    if (server instanceof Server) server.once('listening', onListening);
    return getServer.call(this, server, ...rest);
  };
}

function share(server: Server, socket: Listening, pass: Pass): SharedPort {
  const { onconnection, close } = socket;
  const copies = new Set<Listening>();
  const port: SharedPort = {
    name: JSON.stringify(server.address()),
    socket,
    take: (connection) => onconnection.call(socket, 0, connection),
    add: (copy) => {
      const more = copy as Listening;
      more.onconnection = socket.onconnection;
      if (more.listen(BACKLOG) === 0) copies.add(more);
      else copy.close();
    },
  };
  socket.onconnection = (status, connection) => {
    if (!connection || !pass(connection, port)) onconnection.call(socket, status, connection);
  };
  socket.close = (...args) => {
    for (const copy of copies) copy.close();
    copies.clear();
    close.apply(socket, args);
  };
  return port;
}
