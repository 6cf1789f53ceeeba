/** Implements `io()`, which finds or makes the Manager for an address, and the socket of a namespace on it. */
import type { DefaultEventsMap, EventsMap } from '../../base/event-map.js';
import { resolveAddress } from '../engine/uri.js';
import { hasNode } from '../features.js';
import type { Manager } from './manager.js';
import type { ClientOptions } from './options.js';
import { Socket } from './socket.js';

/** The class `Manager` as a platform exports it. */
export interface ManagerClass {
  new <ListenEvents extends EventsMap = DefaultEventsMap, EmitEvents extends EventsMap = ListenEvents>(
    uri?: string | ClientOptions,
    options?: ClientOptions,
  ): Manager<Socket<ListenEvents, EmitEvents>>;
}

/** The function `io` with its properties, such as `io.connect(url)` and `new io.Manager(url)`. */
export interface Io {
  /** Returns a socket at the page's own server. */
  <ListenEvents extends EventsMap = DefaultEventsMap, EmitEvents extends EventsMap = ListenEvents>(
    options?: ClientOptions,
  ): Socket<ListenEvents, EmitEvents>;
  /**
   * Returns a socket. The path of the address names its namespace. Sockets of one server share a connection, unless
   * `forceNew` is set.
   */
  <ListenEvents extends EventsMap = DefaultEventsMap, EmitEvents extends EventsMap = ListenEvents>(
    uri?: string,
    options?: ClientOptions,
  ): Socket<ListenEvents, EmitEvents>;
  readonly io: Io;
  readonly connect: Io;
  readonly Manager: ManagerClass;
  readonly Socket: typeof Socket;
}

/**
 * Makes an `io` with its own Managers. `rewrite` checks an address, and rewrites the platform's special ones. Pages
 * have none.
 */
export function createIo(Manager: ManagerClass, rewrite?: (uri: string, options: ClientOptions) => string): Io {
  const managers = new Map<string, Manager<Socket>>();
  const call = (uri?: string | ClientOptions, options?: ClientOptions) => {
    const opts = { ...(typeof uri === 'object' ? uri : options) };
    const given = typeof uri === 'string' ? (hasNode && rewrite?.(uri, opts)) || uri : undefined;
    const address = resolveAddress(given, opts.path ?? '/socket.io');
    const { id, source, path } = address;
    const shared = managers.get(id);
    const isAlone =
      opts.forceNew ||
      (opts as Record<string, unknown>)['force new connection'] ||
      opts.multiplex === false ||
      // One connection cannot carry two sockets of the same namespace.
      shared?.nsps.has(path);
    const manager = (!isAlone && shared) || new Manager(source, opts);
    if (!isAlone) managers.set(id, manager);
    return manager.socket(path, opts) as never;
  };
  const io = call as unknown as Io;
  return Object.assign(io, { io, connect: io, Manager, Socket });
}
