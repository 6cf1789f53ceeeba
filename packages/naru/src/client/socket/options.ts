/** The options of managers and sockets, with Socket.IO's names. Only check-options.ts imports the tables. */
import type { Untyped } from '../../base/event-map.js';
import { bytes, count, flag, fraction, milliseconds, objectWith, orFalse, value } from '../../base/options/kinds.js';
import { isObject, type OptionsOf, options } from '../../base/options/table.js';
import type { PublishedParser } from '../../protocol/socket-io/parser.js';
import { type EngineOptions, isAnyOf } from '../engine/options.js';
import type { QueueClass } from './retry-queue.js';

const ENDLESS = { min: 0, max: Number.POSITIVE_INFINITY };

/** The table of a Manager's own options. */
export const managerTable = options(
  '',
  {
    /** Whether `io()` creates a new Manager. @default false */
    forceNew: flag(false),
    /** Whether namespaces share a Manager. @default true */
    multiplex: flag(true),
    /** Whether the client reconnects after a lost connection. @default true */
    reconnection: flag(true),
    /** Attempts before giving up. @default Infinity (whole number, 0 or more) */
    reconnectionAttempts: count(Number.POSITIVE_INFINITY, { min: 0 }),
    /**
     * Milliseconds before the first attempt. Doubles with each attempt. @default 1000 (number of milliseconds, 0 or
     * more)
     */
    reconnectionDelay: milliseconds(1_000, { min: 0 }),
    /** Most milliseconds between two attempts. @default 5000 (number of milliseconds, 0 or more) */
    reconnectionDelayMax: milliseconds(5_000, ENDLESS),
    /** The part of a delay that is random, from 0 to 1. @default 0.5 (number from 0 to 1) */
    randomizationFactor: fraction(0.5, { min: 0, max: 1 }),
    /**
     * Milliseconds that a connection may take to open, or `false` for no limit.
     * @default 20000 (false, or a number of milliseconds, 0 or more)
     */
    timeout: orFalse(milliseconds(20_000, { min: 0 })),
    /** Whether a new Socket connects by itself. @default true */
    autoConnect: flag(true),
    /**
     * The encoding of packets: a `Parser`, such as the package socket.io-msgpack-parser. The type is loose, because the
     * declarations of published parsers are imprecise. @default Socket.IO's own encoding
     */
    parser: objectWith<PublishedParser>('an object with the classes Encoder and Decoder', ['Encoder', 'Decoder']),
  },
  {
    reconnect: 'use "reconnection"',
    'max reconnection attempts': 'use "reconnectionAttempts"',
    'reconnection delay': 'use "reconnectionDelay"',
    'reconnection limit': 'use "reconnectionDelayMax"',
    'connect timeout': 'use "timeout"',
    'auto connect': 'use "autoConnect"',
  },
);

/** Options of a Manager, such as those for reconnecting. */
export interface ManagerOptions extends EngineOptions, OptionsOf<typeof managerTable> {}

/** The credentials of a Socket, or a function that is called at each connect and passes them to its callback. */
export type SocketAuth = Record<string, Untyped> | ((callback: (data: object) => void) => void);

/** The table of a Socket's options. */
export const socketTable = options('', {
  /** Credentials to send when connecting. On the server they are `socket.handshake.auth`. */
  auth: value<SocketAuth>(
    'an object, or a function that passes one to its callback',
    (given) => isObject(given) || typeof given === 'function',
  ),
  /**
   * How often to resend an event that is not acknowledged. With 0, events are sent once. @default 0 (whole number, 0 or
   * more)
   */
  retries: count(0, { min: 0 }),
  /**
   * Class that keeps the events to resend, such as `offlineQueue(...)` or `offlineBuffer(...)` of `naru/client/queue`.
   * @default a queue in memory, bounded by bufferCountMax
   */
  queue: value<QueueClass>('a class, such as offlineQueue() returns', isAnyOf('function')),
  /** Milliseconds to wait for an acknowledgement. @default no limit */
  ackTimeout: milliseconds(undefined, { min: 0 }),
  /**
   * Most events that wait for a connection, in each direction. Beyond that `emit` throws, and the client disconnects
   * with `parse error`.
   * @default 65536 (whole number, 0 or more)
   */
  bufferCountMax: count(65_536, { min: 0 }),
  /**
   * Most bytes of events that wait for a connection, as they would be sent. Beyond that `emit` throws. Not in the
   * bundles for `<script>`.
   * @default 16777216 (whole number of bytes, 0 or more)
   */
  bufferBytesMax: bytes(16 * 1024 * 1024, { min: 0 }),
  /**
   * Maximum age in milliseconds of an event that waits for a connection. After reconnecting, the client drops older
   * events: the acknowledgement gets an error, and the Manager emits `drop`. Not in the bundles for `<script>`.
   * @default Infinity (number of milliseconds, 0 or more)
   */
  bufferAgeMax: milliseconds(Number.POSITIVE_INFINITY, ENDLESS),
});

/** Options of a Socket. */
export interface SocketOptions extends OptionsOf<typeof socketTable> {}

/** All options of `io()`. */
export type ClientOptions = ManagerOptions & SocketOptions;
