/** The options of STOMP: `stomp://` and `stomps://` endpoints, and WebSockets under a path of the HTTP server. */
import type { TlsOptions } from 'node:tls';
import {
  bytes,
  count,
  fn,
  milliseconds,
  type OptionsOf,
  objectWith,
  options,
  orFalse,
  type SettingsOf,
  text,
} from 'naru/base';
import type { KeyOwner } from 'naru/wire';

/** A message that its work queue dropped. */
export interface DroppedMessage {
  /** The namespace. */
  readonly namespace: string;
  /** The queue, as its destination: `/queue/<name>`. */
  readonly queue: string;
  /** The reason: subscribers gave the message back too often. */
  readonly reason: 'too many deliveries';
  /** The number of deliveries. */
  readonly deliveries: number;
  /** The sender's own headers. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

/** The table of `stomp`. */
export const stompTable = options('stomp', {
  /** Path of WebSockets on the HTTP server, without a slash at its end, or `false` for none. @default "/stomp" */
  path: orFalse(text('/stomp', 'a path such as "/stomp", without a slash at its end', /^\/.*[^/?#]$/)),
  /** Keys and certificates of `stomps://`, as node:tls takes them. @default those of the option `tcp` */
  tls: objectWith<TlsOptions>('an object of options of node:tls', []),
  /** Headers of one frame. Beyond that, the client gets an ERROR and is closed. @default 128 */
  headersMax: count(128),
  /**
   * Bytes of all headers of one frame. Beyond that, the client gets an ERROR and is closed. @default 16384 (whole
   * number of bytes, 64 or more)
   */
  headerBytesMax: bytes(16_384, { min: 64 }),
  /** Bytes of one body. Beyond that, the client gets an ERROR and is closed. @default that of `maxHttpBufferSize` */
  bodyBytesMax: bytes(undefined, { min: 0 }),
  /**
   * Shortest time between two heart-beats, either way. With 0, none are sent or expected.
   * @default 1000 (0, or a number of milliseconds from 20 to 86400000)
   */
  heartBeatMin: milliseconds(1_000, { min: 20, max: 86_400_000, orZero: true }),
  /** Subscriptions of one client. Beyond that, the client gets an ERROR and is closed. @default 1000 */
  subscriptionsMax: count(1_000),
  /**
   * Messages of a topic that wait for their ACK on one subscription. Beyond that, the client gets an ERROR and is
   * closed. @default 10000
   */
  unackedMax: count(10_000),
  /**
   * Messages of a queue that one subscriber may hold without ACK. Beyond that, the subscriber gets no more. @default
   * 100
   */
  prefetchMax: count(100),
  /** Open transactions of one client. Beyond that, the client gets an ERROR and is closed. @default 100 */
  transactionsMax: count(100),
  /**
   * Frames in all open transactions of one client. Beyond that, the client gets an ERROR and is closed. @default 10000
   */
  transactionFramesMax: count(10_000),
  /**
   * Bytes in all open transactions of one client. Beyond that, the client gets an ERROR and is closed. @default
   * 16777216
   */
  transactionBytesMax: bytes(16 * 1024 * 1024),
  /**
   * Work queues of one namespace, or of a whole backplane. Beyond that, a client that wants a new one gets an ERROR and
   * is closed.
   * @default 10000 (whole number, 0 or more)
   */
  queuesMax: count(10_000, { min: 0 }),
  /** Messages of one work queue. Beyond that, the sender gets an ERROR and is closed. @default 10000 */
  queueMessagesMax: count(10_000),
  /** Bytes of one work queue. Beyond that, the sender gets an ERROR and is closed. @default 16777216 */
  queueBytesMax: bytes(16 * 1024 * 1024),
  /**
   * Bytes of all work queues of one namespace, or of a whole backplane. Beyond that, the sender gets an ERROR and
   * is closed.
   * @default 268435456
   */
  queuesBytesMax: bytes(256 * 1024 * 1024),
  /**
   * Deliveries of one message of a queue. A message that is given back after the last one is dropped, and `onDropped`
   * is called.
   * @default 10
   */
  deliveriesMax: count(10),
  /**
   * Durable subscriptions that are remembered, with those of absent clients. Beyond that, a client that wants a new one
   * gets an ERROR and is closed. @default 10000 (whole number, 0 or more)
   */
  durablesMax: count(10_000, { min: 0 }),
  /**
   * Time for which a durable subscription is remembered after its last sign of life.
   * @default 604800000 (number of milliseconds, 1000 or more)
   */
  durableAgeMax: milliseconds(604_800_000, { min: 1_000, max: Number.POSITIVE_INFINITY }),
  /**
   * Returns the owner of a socket's durable subscriptions, so that their names need not be secret. @default none: names
   * are secrets of 20 characters or more
   */
  durableScope: fn<(socket: KeyOwner) => string | undefined>(),
  /** Called with each message of a queue that is dropped. */
  onDropped: fn<(message: DroppedMessage) => void>(),
});

/** Bounds and hooks of STOMP: the options of `stomp`. */
export interface StompOptions extends OptionsOf<typeof stompTable> {}

/** The settings of STOMP with all defaults filled in. */
export interface StompSettings extends SettingsOf<typeof stompTable> {
  readonly bodyBytesMax: number;
}

/** Completes the options for a server, whose messages have at most `maxHttpBufferSize` bytes. */
export function completeStomp(given: SettingsOf<typeof stompTable>, maxHttpBufferSize: number): StompSettings {
  return Object.freeze({ ...given, bodyBytesMax: given.bodyBytesMax ?? maxHttpBufferSize });
}
