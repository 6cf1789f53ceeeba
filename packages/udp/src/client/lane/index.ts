/** The entry `@naru/udp/lane`: a lane for the volatile events of a page. docs/lanes.md. */
import type { Manager, Socket } from 'naru/client/wire';
import { type IceServer, openDataChannel } from './data-channel.js';
import { LaneKeeper } from './keeper.js';

export type { IceServer } from './data-channel.js';

/** Options of `openLane`. */
export interface LaneOptions {
  /** STUN and TURN servers, in the form that `RTCPeerConnection` takes. @default none */
  iceServers?: IceServer[];
}

/** The lane of a connection. */
export interface Lane {
  /** Whether the lane is up, so that volatile events go over it. */
  readonly isFresh: boolean;
  /** Closes the lane. Volatile events go over the connection from then on. */
  close(): void;
}

/** A socket of `naru/client`, with any event types. */
export interface LaneSocket {
  /** The connection of the socket, which is a Manager. */
  readonly io: object;
}

const keepers = new WeakMap<object, LaneKeeper>();

/**
 * Opens a lane beside a socket's connection, and another one whenever it is lost or the socket reconnects. Volatile
 * events of all sockets of the connection go over it while it is up. Returns the existing lane if the connection has
 * one. Without WebRTC, or with a parser of your own, everything goes over the connection.
 */
export function openLane({ io }: LaneSocket, { iceServers = [] }: LaneOptions = {}): Lane {
  const connection = io as Manager<Socket>;
  const known = keepers.get(connection);
  if (known) return known;
  const { timers, opts } = connection;
  const keeper = new LaneKeeper(
    connection,
    (host) => openDataChannel({ timers, iceServers }, host),
    () => keepers.delete(connection),
  );
  keepers.set(connection, keeper);
  // The lane cannot recognise the packets of another parser.
  if (typeof globalThis.RTCPeerConnection === 'function' && !opts.parser) keeper.watch();
  return keeper;
}
