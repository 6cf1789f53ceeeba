/** The options of permessage-deflate, under the names that `ws` and Socket.IO document. */
import { ConfigError } from '../../../base/errors.js';
import type { DeflateParams } from '../../../protocol/websocket/permessage-deflate.js';
import { ZlibWorkers } from './zlib-workers.js';

const CHUNK_BYTES = 16 * 1024;
const CHUNK_BYTES_MIN = 64;
const CHUNK_BYTES_MAX = 16 * 1024 * 1024;

/** How to compress, for who turns compression on. */
export interface DeflateOptions {
  /** The server compresses each message by itself: no memory between messages, larger messages. @default false */
  serverNoContextTakeover?: boolean;
  /** The client is told to do so. @default false */
  clientNoContextTakeover?: boolean;
  /** The base-two logarithm of the server's window, 8 to 15; each step less halves the memory. `true` is 15. @default 15 */
  serverMaxWindowBits?: number | boolean;
  /** That of the client's window, where the client lets itself be told. `true` is 15. @default 15 */
  clientMaxWindowBits?: number | boolean;
  /** Messages below this size, in bytes, are sent as they are. 0 or more. @default 1024 */
  threshold?: number;
  /** How many messages are compressed or decompressed at the same time, over all connections. 1 or more. @default 10 */
  concurrencyLimit?: number;
  /** zlib's options for compression: level -1 to 9, memLevel 1 to 9, strategy 0 to 4, chunkSize in bytes. @default zlib's, and 16 KiB */
  zlibDeflateOptions?: { level?: number; memLevel?: number; strategy?: number; chunkSize?: number };
  /** zlib's options for decompression: chunkSize in bytes, 64 or more. @default 16 KiB */
  zlibInflateOptions?: { chunkSize?: number };
}

/** Checked options of compression. */
export interface DeflateSettings {
  /** What this side wants to use at most. */
  readonly wish: DeflateParams;
  readonly thresholdBytes: number;
  /** The zlib of all connections that share these settings. */
  readonly workers: ZlibWorkers;
}

/** Checks the option `perMessageDeflate`; `undefined` when it is off. Throws a ConfigError that names the option. */
export function deflateSettings(option: boolean | DeflateOptions): DeflateSettings | undefined {
  if (option === false) return undefined;
  const options = option === true ? {} : option;
  const { threshold = 1024, concurrencyLimit = 10 } = options;
  const bitsOf = (value: number | boolean | undefined) => (typeof value === 'number' ? value : 15);
  const serverMaxWindowBits = bitsOf(options.serverMaxWindowBits);
  const clientMaxWindowBits = bitsOf(options.clientMaxWindowBits);
  const { level = -1, memLevel = 8, strategy = 0, chunkSize = CHUNK_BYTES } = options.zlibDeflateOptions ?? {};
  const { chunkSize: inflateChunkSize = CHUNK_BYTES } = options.zlibInflateOptions ?? {};
  checkInteger('threshold', threshold, 0);
  checkInteger('concurrencyLimit', concurrencyLimit, 1);
  checkInteger('serverMaxWindowBits', serverMaxWindowBits, 8, 15);
  checkInteger('clientMaxWindowBits', clientMaxWindowBits, 8, 15);
  checkInteger('zlibDeflateOptions.level', level, -1, 9);
  checkInteger('zlibDeflateOptions.memLevel', memLevel, 1, 9);
  checkInteger('zlibDeflateOptions.strategy', strategy, 0, 4);
  checkInteger('zlibDeflateOptions.chunkSize', chunkSize, CHUNK_BYTES_MIN, CHUNK_BYTES_MAX);
  checkInteger('zlibInflateOptions.chunkSize', inflateChunkSize, CHUNK_BYTES_MIN, CHUNK_BYTES_MAX);
  const wish = Object.freeze({
    serverNoContextTakeover: options.serverNoContextTakeover === true,
    clientNoContextTakeover: options.clientNoContextTakeover === true,
    serverMaxWindowBits,
    clientMaxWindowBits,
  });
  return Object.freeze({
    wish,
    thresholdBytes: threshold,
    workers: new ZlibWorkers(concurrencyLimit, { level, memLevel, strategy, chunkSize }, inflateChunkSize),
  });
}

/** Throws a ConfigError unless `value` is a whole number from `least` to `most`. */
export function checkInteger(name: string, value: number, least: number, most = Number.POSITIVE_INFINITY): void {
  if ((Number.isSafeInteger(value) || value === Number.POSITIVE_INFINITY) && value >= least && value <= most) return;
  const range = most === Number.POSITIVE_INFINITY ? `of ${least} or more` : `from ${least} to ${most}`;
  throw new ConfigError('BAD_OPTION', `option "${name}" is ${value}: use a whole number ${range}`);
}
