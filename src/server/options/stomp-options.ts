/** The options of STOMP: `stomp://` and `stomps://` endpoints, and WebSockets under a path of the HTTP server. */
import type { TlsOptions } from 'node:tls';
import { ConfigError } from '../../base/errors.js';
import type { KeyOwner } from '../../namespace/once/once.js';
import type { DroppedMessage, StompSettings } from '../../wires/stomp/settings.js';

/** What STOMP clients may use, and where that ends. */
export interface StompOptions {
  /** Path of WebSockets on the HTTP server, without a slash at its end. @default "/stomp" */
  path?: string;
  /** Keys and certificates of `stomps://`, as node:tls takes them. @default those of the option `tcp` */
  tls?: TlsOptions;
  /** Headers of one frame; beyond it the client gets an ERROR and is closed. 1 or more. @default 128 */
  headersMax?: number;
  /** Bytes of all headers of one frame; beyond it the client gets an ERROR and is closed. 64 or more. @default 16384 */
  headerBytesMax?: number;
  /** Bytes of one body; beyond it the client gets an ERROR and is closed. 0 or more. @default that of `maxHttpBufferSize` */
  bodyBytesMax?: number;
  /** Shortest time in milliseconds between two heart-beats, either way; 0: none are sent or waited for. 0, or 20 to 86400000. @default 1000 */
  heartBeatMin?: number;
  /** Subscriptions of one client; beyond it the client gets an ERROR and is closed. 1 or more. @default 1000 */
  subscriptionsMax?: number;
  /** Messages of a topic that wait for their ACK on one subscription; beyond it the client gets an ERROR and is closed. 1 or more. @default 10000 */
  unackedMax?: number;
  /** Messages of a queue that one subscriber may hold without ACK; beyond it the queue gives it no more. 1 or more. @default 100 */
  prefetchMax?: number;
  /** Open transactions of one client; beyond it the client gets an ERROR and is closed. 1 or more. @default 100 */
  transactionsMax?: number;
  /** Frames in all open transactions of one client; beyond it the client gets an ERROR and is closed. 1 or more. @default 10000 */
  transactionFramesMax?: number;
  /** Bytes in all open transactions of one client; beyond it the client gets an ERROR and is closed. 1 or more. @default 16777216 */
  transactionBytesMax?: number;
  /** Work queues of one namespace; beyond it who wants a new one gets an ERROR and is closed. 0 or more. @default 10000 */
  queuesMax?: number;
  /** Messages of one work queue; beyond it the sender gets an ERROR and is closed. 1 or more. @default 10000 */
  queueMessagesMax?: number;
  /** Bytes of one work queue; beyond it the sender gets an ERROR and is closed. 1 or more. @default 16777216 */
  queueBytesMax?: number;
  /** Bytes of all work queues of one namespace; beyond it the sender gets an ERROR and is closed. 1 or more. @default 268435456 */
  queuesBytesMax?: number;
  /** Deliveries of one message of a queue; given back once more, it is dropped and `onDropped` called. 1 or more. @default 10 */
  deliveriesMax?: number;
  /** Durable subscriptions that are remembered, those of clients that are away included; beyond it who wants a new one gets an ERROR and is closed. 0 or more. @default 10000 */
  durablesMax?: number;
  /** Milliseconds for which a durable subscription is remembered behind its last sign of life. 1000 or more. @default 604800000 */
  durableAgeMax?: number;
  /** Names whom the durable subscriptions of a socket belong to, so that their names need not be secrets. @default they belong to whoever knows their names, of 20 characters or more */
  durableScope?: (socket: KeyOwner) => string;
  /** Told of each message of a queue that is dropped. @default nobody is told */
  onDropped?: (message: DroppedMessage) => void;
}

/** The options with all defaults in place. */
export interface StompEndpointSettings extends StompSettings {
  /** Whether the HTTP server has the endpoint. */
  readonly isMounted: boolean;
  readonly path: string;
  readonly tls: TlsOptions | undefined;
}

type NumberName = {
  [Name in keyof StompOptions]-?: NonNullable<StompOptions[Name]> extends number ? Name : never;
}[keyof StompOptions];

const ANY = Number.POSITIVE_INFINITY;

const RANGES: Readonly<Record<NumberName, readonly [least: number, most: number, value: number]>> = {
  headersMax: [1, ANY, 128],
  headerBytesMax: [64, ANY, 16_384],
  bodyBytesMax: [0, ANY, 0],
  heartBeatMin: [0, 86_400_000, 1_000],
  subscriptionsMax: [1, ANY, 1_000],
  unackedMax: [1, ANY, 10_000],
  prefetchMax: [1, ANY, 100],
  transactionsMax: [1, ANY, 100],
  transactionFramesMax: [1, ANY, 10_000],
  transactionBytesMax: [1, ANY, 16 * 1024 * 1024],
  queuesMax: [0, ANY, 10_000],
  queueMessagesMax: [1, ANY, 10_000],
  queueBytesMax: [1, ANY, 16 * 1024 * 1024],
  queuesBytesMax: [1, ANY, 256 * 1024 * 1024],
  deliveriesMax: [1, ANY, 10],
  durablesMax: [0, ANY, 10_000],
  durableAgeMax: [1_000, ANY, 604_800_000],
};

/** The options with defaults; `true` is all defaults. Throws ConfigError, naming the option, the value and the fix. */
export function settleStompOptions(
  options: boolean | StompOptions | undefined,
  maxHttpBufferSize: number,
): StompEndpointSettings {
  const given: StompOptions = typeof options === 'object' && options !== null ? options : {};
  const numbers = {} as Record<NumberName, number>;
  for (const name of Object.keys(RANGES) as NumberName[]) numbers[name] = readNumber(given, name, maxHttpBufferSize);
  const { path = '/stomp', onDropped, tls, durableScope } = given;
  if (typeof path !== 'string' || !/^\/.*[^/?#]$/.test(path)) {
    throw new ConfigError('BAD_OPTION', `the option "stomp.path" is ${String(path)}; give a path such as "/stomp"`);
  }
  if (onDropped !== undefined && typeof onDropped !== 'function') {
    throw new ConfigError('BAD_OPTION', 'the option "stomp.onDropped" is no function; give one, or leave it out');
  }
  if (durableScope !== undefined && typeof durableScope !== 'function') {
    throw new ConfigError('BAD_OPTION', 'the option "stomp.durableScope" is no function; give one, or leave it out');
  }
  return Object.freeze({
    ...numbers,
    path,
    onDropped,
    tls,
    durableScope,
    isMounted: options !== undefined && options !== false,
  });
}

function readNumber(options: StompOptions, name: NumberName, maxHttpBufferSize: number): number {
  const [least, most, standard] = RANGES[name];
  const value: unknown = options[name] ?? (name === 'bodyBytesMax' ? maxHttpBufferSize : standard);
  const isHeartBeat = name === 'heartBeatMin' && typeof value === 'number' && value > 0 && value < 20;
  if (typeof value === 'number' && value >= least && value <= most && !isHeartBeat) return value;
  const range = name === 'heartBeatMin' ? '0, or from 20 to 86400000' : `from ${least} to ${most}`;
  throw new ConfigError('BAD_OPTION', `the option "stomp.${name}" is ${String(value)}; give a number ${range}`);
}
