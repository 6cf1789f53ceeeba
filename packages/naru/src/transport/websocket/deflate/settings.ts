/** The options of permessage-deflate, under the names that `ws` and Socket.IO document. */
import { bytes, count, flag, group } from '../../../base/options/kinds.js';
import { type Option, type OptionsOf, options, type SettingsOf } from '../../../base/options/table.js';
import type { DeflateParams } from '../../../protocol/websocket/permessage-deflate.js';
import { ZlibWorkers } from './zlib-workers.js';

const chunkSize = () => bytes(16 * 1024, { min: 64, max: 16 * 1024 * 1024 });
const agreedWindowBits = () => count(undefined, { min: 8, max: 15 });

/** The table of `zlibDeflateOptions`. */
export const zlibDeflateTable = options('zlibDeflateOptions', {
  /**
   * The effort of the compression: 0 for none, 9 for the most, -1 for zlib's choice. @default -1 (whole number from -1
   * to 9)
   */
  level: count(-1, { min: -1, max: 9 }),
  /** The memory for the compression, from 1 (least) to 9 (most). @default 8 (positive whole number, at most 9) */
  memLevel: count(8, { min: 1, max: 9 }),
  /** The strategy of zlib. @default 0 (whole number from 0 to 4) */
  strategy: count(0, { min: 0, max: 4 }),
  /** Bytes of one output chunk. @default 16384 (whole number of bytes from 64 to 16777216) */
  chunkSize: chunkSize(),
  /** Without effect: the server and the client agree on the window. */
  windowBits: agreedWindowBits(),
});

/** The table of `zlibInflateOptions`. */
export const zlibInflateTable = options('zlibInflateOptions', {
  /** Bytes of one output chunk. @default 16384 (whole number of bytes from 64 to 16777216) */
  chunkSize: chunkSize(),
  /** Without effect: the server and the client agree on the window. */
  windowBits: agreedWindowBits(),
  /** Without effect: decompression has no such option. */
  memLevel: count(undefined, { min: 1, max: 9 }),
});

/** Options of zlib for compression. */
export interface ZlibDeflateOptions extends OptionsOf<typeof zlibDeflateTable> {}

/** Options of zlib for decompression. */
export interface ZlibInflateOptions extends OptionsOf<typeof zlibInflateTable> {}

const BITS = count(15, { min: 8, max: 15 });

/** Describes the option of a window. `true` and `false` both select the largest window, as in Socket.IO. */
const windowBits = (): Option<number | boolean, number> => ({
  expects: 'true, false or a whole number from 8 to 15',
  initial: 15,
  isValid: (given) => typeof given === 'boolean' || BITS.isValid(given),
  keep: (given) => (typeof given === 'number' ? given : 15),
});

/** The table of `perMessageDeflate`. */
export const deflateTable = options('perMessageDeflate', {
  /** Messages below this size are sent uncompressed. @default 1024 (whole number of bytes, 0 or more) */
  threshold: bytes(1_024, { min: 0 }),
  /**
   * Whether the server compresses each message independently. This saves memory, and messages become larger. @default
   * false
   */
  serverNoContextTakeover: flag(false),
  /** Whether the client has to compress each message independently. @default false */
  clientNoContextTakeover: flag(false),
  /**
   * Base-two logarithm of the server's window. Each step down halves the memory. @default 15 (true, false or a whole
   * number from 8 to 15)
   */
  serverMaxWindowBits: windowBits(),
  /**
   * Base-two logarithm of the client's window, if the client accepts a limit. @default 15 (true, false or a whole
   * number from 8 to 15)
   */
  clientMaxWindowBits: windowBits(),
  /** The most messages that are compressed or decompressed at the same time, over all connections. @default 10 */
  concurrencyLimit: count(10),
  /** Options of node:zlib for compression. @default zlib's, and chunks of 16 KiB */
  zlibDeflateOptions: group<ZlibDeflateOptions, typeof zlibDeflateTable>(zlibDeflateTable),
  /** Options of node:zlib for decompression. Only `chunkSize` has an effect. @default chunks of 16 KiB */
  zlibInflateOptions: group<ZlibInflateOptions, typeof zlibInflateTable>(zlibInflateTable),
});

/** Options of the permessage-deflate extension, RFC 7692. */
export interface DeflateOptions extends OptionsOf<typeof deflateTable> {}

/** The settings of compression that connections share. */
export interface DeflateSettings {
  /** The parameters that this side wants, as upper limits. */
  readonly wish: DeflateParams;
  readonly thresholdBytes: number;
  /** The zlib of all connections that share these settings. */
  readonly workers: ZlibWorkers;
}

/** Creates the settings of compression from the option `perMessageDeflate`. */
export function deflateSettings({
  threshold,
  concurrencyLimit,
  zlibDeflateOptions,
  zlibInflateOptions,
  ...wish
}: SettingsOf<typeof deflateTable>): DeflateSettings {
  return Object.freeze({
    wish: Object.freeze(wish),
    thresholdBytes: threshold,
    workers: new ZlibWorkers(concurrencyLimit, zlibDeflateOptions, zlibInflateOptions.chunkSize),
  });
}
