/** The options of managers and sockets, with Socket.IO's names. */
import type { PublishedParser } from '../../protocol/socket-io/parser.js';
import type { EngineOptions } from '../engine/options.js';
import type { QueueClass } from './retry-queue.js';

/** Options of a Manager: when connections are made again. */
export interface ManagerOptions extends EngineOptions {
  /** Whether a new Manager is made. @default false */
  forceNew?: boolean;
  /** Whether a Manager is shared by namespaces. @default true */
  multiplex?: boolean;
  /** Whether a lost connection is made again. @default true */
  reconnection?: boolean;
  /** Attempts before giving up. @default Infinity */
  reconnectionAttempts?: number;
  /** Milliseconds before the first attempt; doubles with each. @default 1000 */
  reconnectionDelay?: number;
  /** Most milliseconds between two attempts. @default 5000 */
  reconnectionDelayMax?: number;
  /** The part of a delay that is random, from 0 to 1. @default 0.5 */
  randomizationFactor?: number;
  /** Milliseconds that a connection may take to open; `false` for no limit. @default 20000 */
  timeout?: number | false;
  /**
   * Node: whether volatile events go over UDP while that works, as the server offers it (`io.listen('udp://...')`), or at which
   * endpoint, such as `udp://host:4001`. @default false
   */
  lane?: boolean | string;
  /** Whether a new Socket connects by itself. @default true */
  autoConnect?: boolean;
  /**
   * How packets are written: a `Parser`, such as the package socket.io-msgpack-parser. Looser in type, because the declarations
   * of published parsers do not say what they do. @default Socket.IO's own encoding
   */
  parser?: PublishedParser;
}

/** What a Socket proves itself with, or a function that passes it to its callback, called at each connect. */
export type SocketAuth = Record<string, unknown> | ((callback: (data: object) => void) => void);

/** Options of a Socket. */
export interface SocketOptions {
  /** Sent when connecting; the server has it as `socket.handshake.auth`. */
  auth?: SocketAuth;
  /** How often an event that was not acknowledged is sent again; without it, events are sent once. @default 0 */
  retries?: number;
  /** What keeps the events that are sent again: `offlineQueue(...)` or `offlineBuffer(...)` of `naru/client/queue`, say. @default a queue in memory, bounded by bufferCountMax */
  queue?: QueueClass;
  /** Milliseconds to wait for an acknowledgement. @default no limit */
  ackTimeout?: number;
  /** Most events that wait for a connection, in each direction. Beyond it `emit` throws, and a server is cut off with `parse error`. @default 65536 */
  bufferCountMax?: number;
  /** Most bytes of events that wait for a connection, as they would be sent; beyond it `emit` throws. Not in the bundles for `<script>`. @default 16777216 */
  bufferBytesMax?: number;
  /**
   * Milliseconds after which an event that waits for a connection is given up when that is back: its acknowledgement gets an error, and the
   * Manager emits `drop`. Not in the bundles for `<script>`. @default Infinity
   */
  bufferAgeMax?: number;
}

/** All options of `io()`. */
export type ClientOptions = ManagerOptions & SocketOptions;
