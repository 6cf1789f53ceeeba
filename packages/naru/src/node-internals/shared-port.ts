/**
 * Takes several connections in a turn of the event loop from a port that the workers share. Node takes one from each
 * listening socket, however long the turn was, so the clients of busy workers would wait for seconds. A port may have
 * several sockets.
 */
import type { EventEmitter } from 'node:events';
import { Server } from 'node:net';
import { systemClock } from '../base/clock.js';
import type { RawConnection } from './raw-connection.js';

/** A listening socket, as Node keeps it. */
interface Listening extends RawConnection {
  close(...args: unknown[]): void;
  onconnection(status: number, connection?: RawConnection): void;
  listen(backlog: number): number;
  fchmod?(mode: number): number;
}

/** The name under which Node keeps the socket of a server, and that of the function that asks the primary for one. */
const SOCKET = '_handle';
const GET_SERVER = '_getServer';
/** Connections that may wait in the system, unless a program sets their number. Node has the same default. */
const BACKLOG = 511;
/** The bits by which Node opens a Unix socket to other users. */
const READABLE = 1;
const WRITABLE = 2;

/** The place at which a server of a worker wants to listen, as Node writes it. */
interface Place {
  /** The number of a socket that the program was given, and -1 for none. */
  readonly fd?: number;
  readonly backlog?: number;
  readonly readableAll?: boolean;
  readonly writableAll?: boolean;
}

/** `node:cluster` in a worker. */
interface WorkerSide {
  [GET_SERVER]?(server: unknown, place: Place, ...rest: unknown[]): unknown;
}

/** A port on which a server of this worker and those of other workers listen. */
export interface SharedPort {
  /** The address of the port, and its number if it was given to the program. It is the same text in all workers. */
  readonly name: string;
  readonly socket: RawConnection;
  /** Whether the server still listens. */
  readonly isOpen: boolean;
  /** Gives a connection to the server. */
  take(connection: RawConnection): void;
  /** Takes connections from one more socket of the port, until the server closes. */
  add(copy: RawConnection): void;
}

/** The use that a worker makes of its ports. */
export interface PortWatcher {
  /** A server has begun to share a port. */
  onOpen(port: SharedPort): void;
  onClosed(port: SharedPort): void;
  /** Returns whether a new connection is kept from the server. */
  pass(connection: RawConnection, port: SharedPort): boolean;
}

/**
 * Watches the ports that the servers of this worker share from now on. Does nothing in a version of Node that works
 * otherwise. Each worker then takes one connection in a turn, and as many as the system gives it.
 */
export function watchPorts(cluster: WorkerSide, watcher: PortWatcher): void {
  const getServer = cluster[GET_SERVER];
  if (typeof getServer !== 'function') return;
  // A server whose first try has failed says twice that it listens.
  const known = new WeakSet<object>();
  cluster[GET_SERVER] = function (this: unknown, server, place, ...rest) {
    const onListening = (): void => {
      const socket = (server as { [SOCKET]?: Partial<Listening> | null })[SOCKET];
      // If a program has chosen that the primary takes the connections, this is not a socket of the system.
      if (!socket?.onconnection || !('fd' in socket) || known.has(socket)) return;
      known.add(socket);
      const mode = (place.readableAll ? READABLE : 0) + (place.writableAll ? WRITABLE : 0);
      if (mode > 0) socket.fchmod?.(mode);
      watcher.onOpen(share(server as Server, socket as Listening, place, watcher));
    };
    if (server instanceof Server) server.once('listening', onListening);
    return getServer.call(this, server, place, ...rest);
  };
}

function share(server: Server, socket: Listening, { fd, backlog }: Place, watcher: PortWatcher): SharedPort {
  const { onconnection, close } = socket;
  const copies = new Set<Listening>();
  const port = {
    name: JSON.stringify([server.address(), fd]),
    socket,
    isOpen: true,
    take: (connection: RawConnection) => onconnection.call(socket, 0, connection),
    add: (copy: RawConnection) => {
      const more = copy as Listening;
      more.onconnection = socket.onconnection;
      if (port.isOpen && more.listen(backlog || BACKLOG) === 0) copies.add(more);
      else copy.close();
    },
  };
  socket.onconnection = (status, connection) => {
    if (!connection || !watcher.pass(connection, port)) onconnection.call(socket, status, connection);
  };
  socket.close = (...args) => {
    port.isOpen = false;
    for (const copy of copies) copy.close();
    copies.clear();
    watcher.onClosed(port);
    close.apply(socket, args);
  };
  return port;
}

/**
 * Has Node forget a worker that has ended. Node waits for ever for the answer of the worker to a connection, and would
 * keep its ports open.
 */
export function forgetAtExit(child: EventEmitter): void {
  let isForgotten = false;
  child.once('disconnect', () => {
    isForgotten = true;
  });
  const forget = (): void => void (isForgotten || child.emit('disconnect'));
  // The last messages of the worker may still be in the channel. Between the two turns, all that came is read.
  child.once('exit', () => systemClock.defer(() => systemClock.defer(forget, undefined), undefined));
}
